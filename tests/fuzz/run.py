"""Runs cases in a process of its own, so that one that aborts or hangs is a finding as well."""

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import re
import time
import traceback
import warnings
from pathlib import Path

from . import api, documents, order

KINDS = {"api": api.case, "documents": documents.case, "order": order.case}
MEMORY = 3 * 2**29  # bytes that a case may take: what is larger is refused, not tried
PATIENCE = 120  # seconds, of which a case takes a few hundredths


def work(pipe, case):
    """Runs the case of each seed that it is sent; tells what it notes and how it fails."""
    with contextlib.suppress(ImportError, OSError):
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    warnings.simplefilter("error")
    while True:
        seed, failed = pipe.recv(), ""
        try:
            case(random.Random(seed), lambda text: pipe.send(("note", text)))
        except BaseException as error:  # a panic of the core is not an Exception
            origin = error.__context__ or error  # where it was refused, if the refusal is wrong
            place = traceback.extract_tb(origin.__traceback__)[-1]
            failed = f"{type(error).__name__}: {error}"[:2000]
            failed += f"\n  at {os.path.relpath(place.filename)}:{place.lineno}"
        pipe.send(("end", failed))


def findings(case, seeds, patience=PATIENCE):
    """(seed, notes, what went wrong) of each case that fails."""
    context, process = multiprocessing.get_context("spawn"), None
    for seed in seeds:
        if process is None:
            pipe, end = context.Pipe()
            process = context.Process(target=work, args=(end, case), daemon=True)
            process.start()
            end.close()
        what, notes, failed = "note", [], ""
        try:
            pipe.send(seed)
            while what == "note" and not failed:
                if pipe.poll(patience):
                    what, told = pipe.recv()
                    notes += [told] * (what == "note")
                else:
                    failed = f"no end after {patience:g} s"
            failed = told if what == "end" else failed
        except (EOFError, OSError):
            process.join()
            failed = f"the process ended with {process.exitcode}"
        if failed:
            yield seed, notes, failed
        if what == "note":
            ended(process)
            process = None
    if process is not None:
        ended(process)


def ended(process):
    process.kill()
    process.join()


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=1.0, help="in all")
    parser.add_argument("--cases", type=int, help="of each kind at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args(arguments)
    kinds, known = [options.only] if options.only else list(KINDS), {}
    for kind in kinds:
        end = time.monotonic() + 60 * options.minutes / len(kinds)
        seeds = itertools.islice(itertools.count(options.seed), options.cases)
        seeds = itertools.takewhile(lambda _, end=end: time.monotonic() < end, seeds)
        for seed, notes, text in findings(KINDS[kind], seeds):
            # Those of one place that begin alike, but for names and values, are one.
            what, _, place = re.sub(r"[A-Z]\w+|\d|['\"].*", "", text).partition("\n")
            alike = kind, what[:30], place.rpartition("\n")[2], text[-8:]
            known[alike] = known.get(alike, 0) + 1
            if known[alike] == 1:
                again = f"python -m tests.fuzz --only {kind} --seed {seed} --cases 1"
                lines = [f"{kind}: {text}", *notes[-3:], again]
                lines = [re.sub(r"(.)\1{30,}", r"\1\1...", line)[:600] for line in lines]
                print("\n  ".join(lines).encode("utf-8", "replace").decode(), flush=True)
    found = f"{sum(known.values())} findings, {len(known)} of them different"
    print(f"seeds from {options.seed} on: {found}", flush=True)
    return bool(known)
