"""Python processes of their own."""

import os
import signal
import subprocess
import sys

from .. import WATCHDOG


def start(*command):
    """One that leads a group of its own; its lines can be read one by one."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    return subprocess.Popen([sys.executable, *command], start_new_session=True, **pipes)


def kill(process):
    """Its workers too, as when a machine goes down: some loaders' outlive their parent."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def imported_by(module):
    """The names of all modules that importing one brings."""
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    return set(subprocess.check_output(command, text=True, timeout=WATCHDOG).split())
