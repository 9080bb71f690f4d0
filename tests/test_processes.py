"""Processes and threads: whatever forks, spawns or shares gives the same bytes and never hangs."""

import contextlib
import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import bitaug as ba
from tests import WATCHDOG
from tests.pipelines import digests, images

ROOT = Path(__file__).parents[1]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
DIGESTS = "import json, tests.pipelines as p; print(json.dumps(p.digests()))"

forks = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def threads_used(images, **options):
    """How many threads a call asks the core for."""

    class Spy:
        def mixes(self):
            return False

        def samples(self, *arguments, partners):
            *_, self.threads, _sparing, _out, _stack = arguments
            return None, []

    op, spy = ba.HorizontalFlip(), Spy()
    object.__setattr__(op, "_pipeline", spy)
    op(images, seed=1, epoch=0, index=0, **options)
    return spy.threads


def what_a_worker_sees():
    batch = images((8, 8, 3), "uint8", 4)
    return {
        "digests": digests(threads=2),
        "digests by default": digests(),
        "threads by default": threads_used(batch),
        "threads as asked": threads_used(batch, threads=2),
    }


def expected_of_a_worker():
    """Made with threads, so that whatever they leave behind is there when a child begins."""
    expected = digests(threads=2)
    return {
        "digests": expected,
        "digests by default": expected,
        "threads by default": 1,
        "threads as asked": 2,
    }


def in_fork(work):
    """What `work` returns in a child of a bare `os.fork`."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WATCHDOG)  # ends the child whatever it hangs in
        try:
            with os.fdopen(writer, "w") as pipe:
                json.dump(work(), pipe)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code != -signal.SIGALRM, f"the forked child hung for {WATCHDOG} s"
    assert code == 0, f"the forked child failed with {code}"
    return json.loads(answer)


def answer(sender, work):
    sender.send(work())


def in_process(method, work):
    """What `work` returns in a child process that is started as loaders start theirs."""
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(sender, work))
    process.start()
    sender.close()
    try:
        assert receiver.poll(WATCHDOG), f"the child made by {method} hung for {WATCHDOG} s"
        return receiver.recv()
    finally:
        process.kill()
        process.join()


def python(code, *flags, **env):
    return subprocess.run(
        [sys.executable, *flags, "-c", code],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )


class TestWorkers:
    pytestmark = forks

    def test_after_a_bare_fork(self):
        expected = expected_of_a_worker()
        for _ in range(3):  # a thread that is on its way out is not there each time
            assert in_fork(what_a_worker_sees) == expected

    def test_fork_within_a_fork(self):
        expected = expected_of_a_worker()
        assert in_fork(lambda: in_fork(what_a_worker_sees)) == expected

    @pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
    def test_in_a_process(self, method):
        expected = expected_of_a_worker()
        assert in_process(method, what_a_worker_sees) == expected


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no list of threads here")
def test_threads_end_with_their_call():
    batch, exiting = images((64, 64, 3), "uint8", 8), 4

    def alive():
        """Without those that have ended and that the system still lists, by their flags."""
        found = set()
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):  # it is gone by now
                stat = (task / "stat").read_text().rpartition(")")[2].split()
                found |= {task.name} if not int(stat[6]) & exiting else set()
        return found

    before = alive()
    for _ in range(300):
        ba.HorizontalFlip()(batch, seed=1, epoch=0, index=np.arange(8), threads=4)
        assert alive() <= before


class TestThreadCount:
    def test_defaults(self):
        image = images((8, 8, 3), "uint8", 1)[0]
        assert threads_used(image) == 1
        assert threads_used(image[..., 0]) == 1
        assert threads_used(image, layout="CHW") == 1
        assert threads_used([image, image]) == CORES
        assert threads_used(np.stack([image, image])) == CORES
        assert threads_used(image, layout="NHW") == CORES
        assert threads_used([image, image], threads=np.int64(3)) == 3

    def test_the_variable(self):
        code = (
            "from tests.test_processes import images, threads_used as used;"
            "batch = images((8, 8, 3), 'uint8', 2);"
            "print(used(batch), used(batch[0]), used(batch, threads=2))"
        )
        assert python(code, BITAUG_THREADS="5").stdout.split() == ["5", "5", "2"]
        assert python(code, BITAUG_THREADS="").stdout.split() == [str(CORES), "1", "2"]

    @pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1025"])
    def test_a_wrong_variable_is_refused(self, value):
        last = python(DIGESTS, BITAUG_THREADS=value).stderr.splitlines()[-1]
        assert last.startswith("ValueError") and f"BITAUG_THREADS={value!r}: 1 to 1024" in last

    @pytest.mark.parametrize("threads", [0, -1, 1025, True, 2.0, "2"])
    def test_a_wrong_argument_is_refused(self, threads):
        with pytest.raises((TypeError, ValueError), match=r"threads=.*(integer|1 to 1024)"):
            threads_used(images((8, 8, 3), "uint8", 2), threads=threads)


class TestPythonThreads:
    def test_eight_share_a_pipeline(self):
        shared = ba.Compose([ba.RandomRotate90(), ba.RandomBrightnessContrast(), ba.Normalize()])
        batch = list(images((40, 30, 3), "uint8", 16))
        barrier = threading.Barrier(8, timeout=WATCHDOG)

        def epochs(first):
            barrier.wait()
            order = (first + np.arange(8)) % 8
            made = {
                int(epoch): shared(batch, seed=1, epoch=epoch, index=np.arange(16), threads=2)
                for epoch in order
            }
            return [[ba.digest(image) for image in made[epoch]] for epoch in range(8)]

        expected = [
            [
                ba.digest(shared(image, seed=1, epoch=epoch, index=i))
                for i, image in enumerate(batch)
            ]
            for epoch in range(8)
        ]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(epochs, range(8), timeout=WATCHDOG)) == [expected] * 8

    @pytest.mark.parametrize("single", [True, False])
    def test_others_run_while_pixels_are_made(self, single):
        """No thread is made to hand over the GIL here, so the counter advances only where it is
        given away."""
        slow = ba.Compose([ba.HorizontalFlip(p=1), ba.RandomBrightnessContrast()] * 20)
        image = images((1000, 500, 3), "float32", 1)[0]
        given = {"image": image, "index": 0} if single else {"index": [0, 1], "threads": 1}
        arguments = () if single else ([image, image],)
        stop, count = threading.Event(), 0

        def counter():
            nonlocal count
            while not stop.is_set():
                count += 1
                time.sleep(0)

        def advances():
            before = count
            slow(*arguments, seed=1, epoch=0, **given)
            return count > before

        thread = threading.Thread(target=counter)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(WATCHDOG)
        try:
            thread.start()
            while count == 0:
                time.sleep(0.001)
            # Again and again, as a busy machine may not get to the counter in time.
            end = time.monotonic() + WATCHDOG
            while not advances():
                assert time.monotonic() < end, "the GIL is held"
        finally:
            stop.set()
            thread.join()
            sys.setswitchinterval(interval)


class TestEnvironment:
    @pytest.mark.parametrize("level", ba.levels())
    def test_each_simd_level_gives_the_same_bytes(self, level):
        code = f"from bitaug import _core; assert _core.simd() == {level!r};" + DIGESTS
        done = python(code, BITAUG_SIMD=level)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == digests()

    def test_an_unknown_simd_level_is_refused(self):
        last = python(DIGESTS, BITAUG_SIMD="sse9").stderr.splitlines()[-1]
        assert last.startswith("ValueError") and "BITAUG_SIMD" in last and "sse9" in last
        assert all(level in last for level in ba.levels())

    def test_development_mode_has_no_complaints(self):
        done = python(DIGESTS, "-X", "dev", "-W", "error")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == digests()

    def test_global_generators_are_neither_read_nor_written(self):
        def state():
            return pickle.dumps([random.getstate(), np.random.get_state()])  # noqa: NPY002

        def seeded(seed):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            before = state()
            made = digests()
            assert state() == before
            return made

        assert seeded(1) == seeded(2)
