"""The images that all loaders read. No test hangs, as with a worker that has died."""

import signal

import pytest

from .photos import write

LIMIT = 300


@pytest.fixture(autouse=True)
def limit():
    def stop(number, frame):
        raise TimeoutError(f"the test took more than {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    assert len(write(root)) == 64
    return root
