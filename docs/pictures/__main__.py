"""Draws the pictures of the pages in docs/, or of those named: `./nox -s pictures -- tf order`."""

import importlib
import sys

from .common import by_page

BY_PAGE = {
    "reproduce": "trace.png",
    "leaks": "leaks.png",
    "compare": "compare.png",
    "audit": "audit.png",
}
# Those that fork come before those whose libraries start threads.
MODULES = ("ops", "spec", "order", "materialize", "statistics", "huggingface", "webdataset",
           "pytorch", "ray", "grain", "tf", "keras")  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or (*BY_PAGE, *MODULES):
        if name in BY_PAGE:
            by_page(f"{name}.md", BY_PAGE[name])
        else:
            importlib.import_module(f".{name}", __package__).draw()
