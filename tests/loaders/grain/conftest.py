"""No test here hangs: Grain waits for its workers without end."""

import signal

import pytest

LIMIT = 120


@pytest.fixture(autouse=True)
def limit():
    def stop(number, frame):
        raise TimeoutError(f"the test took more than {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
