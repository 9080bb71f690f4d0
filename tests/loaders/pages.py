"""The code of a page of docs/: scripts, which begin with their name, and what runs in one go."""

import re
from pathlib import Path

from .. import WATCHDOG
from .processes import kill, start

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    def __init__(self, name):
        self.path = DOCS / name
        self.text = self.path.read_text("utf-8")
        blocks = r"^```(python|sh)\n(.*?)^```"
        self.blocks = list(re.finditer(blocks, self.text, re.DOTALL | re.MULTILINE))
        codes = [block[2] for block in self.blocks]
        self.scripts = {name[1]: c for c in codes if (name := re.match(r"# (\w+\.py)\n", c))}

    def start(self, script):
        """A script of the page as a process, in this folder."""
        Path(script).write_text(self.scripts[script], "utf-8")
        return start(script)

    def finish(self, script):
        """The lines that it prints."""
        process = self.start(script)
        try:
            lines, _ = process.communicate(timeout=WATCHDOG)
        except BaseException:
            kill(process)
            raise
        assert process.returncode == 0
        return lines.splitlines()

    def interrupt(self, script, lines):
        """Kills it once it has printed so many lines."""
        process = self.start(script)
        for _ in range(lines):
            assert process.stdout.readline()
        kill(process)

    def run(self, command=lambda line: None):
        """What the blocks have defined in the end; `command` runs what is for a shell."""
        names = {"__name__": "page"}
        for block in self.blocks:
            language, code = block.groups()
            if language == "sh":
                command(code)
            elif code not in self.scripts.values():
                above = "\n" * self.text.count("\n", 0, block.start(2))
                exec(compile(above + code, self.path, "exec"), names)
        return names
