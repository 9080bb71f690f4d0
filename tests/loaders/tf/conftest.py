"""TensorFlow without a GPU and without its greetings; no test here hangs."""

import os
import signal

import pytest

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
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
