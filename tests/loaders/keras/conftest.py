"""No test hangs where a worker has died."""

import faulthandler
import os

import pytest


@pytest.fixture(autouse=True)
def limit(request):
    """Ends the run and says where it hangs. An alarm would wait for TensorFlow, which waits for the
    worker."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        stderr = os.dup(2)
    faulthandler.dump_traceback_later(600, exit=True, file=stderr)
    yield
    faulthandler.cancel_dump_traceback_later()
    os.close(stderr)
