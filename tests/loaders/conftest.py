"""The images that all loaders read. No test hangs, as with a worker that has died."""

import signal

import pytest

from .. import WATCHDOG
from .photos import write


@pytest.fixture(autouse=True)
def limit():
    def stop(number, frame):
        raise TimeoutError(f"the test took more than {WATCHDOG} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(WATCHDOG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    assert len(write(root)) == 64
    return root
