"""A bar on the terminal."""

import sys
import time


class Bar:
    """Called with the numbers of done and of all; draws on stderr if that is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._begin: tuple[float, int] | None = None
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._begin is None:
            self._begin = now, done
        if not self._shown or (now - self._drawn < 0.1 and done < total):
            return
        self._drawn = now
        began, before = self._begin
        rate = (done - before) / (now - began) if now > began else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate else ""
        filled = "#" * (done * 30 // max(total, 1))
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{done}/{total} [{filled:30}] {rate:.0f}/s{left}\033[K{end}")
        sys.stderr.flush()
