"""Times bitaug against its peers and writes docs/benchmarks.md with its two charts.

Each part runs in a process of its own, since they need different settings; what they measured is
kept in target/compare.json. `--quick` takes 512 px only, `--render` writes the pages again.
"""

import argparse
import itertools
import json
import math
import os
import pickle
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from peers import (
    PEERS,
    ROWS,
    SMALL_JITTER,
    Call,
    Case,
    bitaug,
    bitaug_case,
    bitaug_recipes,
    drawn,
    pillow,
    small_jitter,
    to_pillow,
)

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "target" / "compare.json"
SIDES = [64, 224, 512, 2048]
ROUNDS, SHORTEST = 15, 0.005  # a round of one contender takes at least 5 ms
WARM = 0.015  # after 2 ms, who follows another contender is still up to 30% slower
TRIES = 24
ONE_THREAD = dict.fromkeys(
    ["BITAUG_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"], "1"
)
Json = dict[str, Any]
ADDRESS = {"seed": 1, "epoch": 0}


def photos(side: int) -> list[np.ndarray]:
    """The bundled photos: their middle squares, resized."""
    from PIL import Image, ImageOps

    paths = sorted((ROOT / "demo" / "photos").glob("*.png"))
    size, lanczos = (side, side), Image.Resampling.LANCZOS
    return [np.asarray(ImageOps.fit(Image.open(p).convert("RGB"), size, lanczos)) for p in paths]


def pin() -> None:
    """To one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def per_call(call: Callable[[], Any], loops: int) -> float:
    """Seconds a call, once caches, predictors and clock have turned to this kind of work."""
    warm = time.perf_counter() + WARM
    call()
    while time.perf_counter() < warm:
        call()
    start = time.perf_counter()
    for _ in range(loops):
        call()
    return (time.perf_counter() - start) / loops


def interleaved(calls: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds a call of each: the median of rounds that take turns."""
    loops = {k: enough(per_call(call, 2)) for k, call in calls.items()}
    times = [{k: per_call(call, loops[k]) for k, call in calls.items()} for _ in range(rounds)]
    return {k: statistics.median(row[k] for row in times) for k in calls}


def enough(seconds: float, images: int = 1) -> int:
    """The loops of a round: 5 ms of them, and so many images unless they take over 0.3 s."""
    return max(math.ceil(SHORTEST / seconds), min(images, math.ceil(0.3 / seconds)))


# Rows: each kind of work, all contenders


class Local:
    """A peer in this process."""

    def __init__(self, calls: dict[str, Call], images: list[Any]) -> None:
        self.calls, self.images = calls, images
        self.next = itertools.cycle(images)

    def measure(self, row: str, loops: int) -> float:
        call, images = self.calls[row], self.next
        return per_call(lambda: call(next(images)), loops)

    def output(self, row: str) -> np.ndarray:
        return np.asarray(self.calls[row](self.images[0])).copy()


class Remote:
    """A peer in a worker process, for what cannot be imported beside the others."""

    def __init__(self, python: str, case: Case, images: list[np.ndarray]) -> None:
        pipe = subprocess.PIPE
        command = [python, __file__, "--worker"]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
        self.calls, self.version = self.ask(case, images)

    def ask(self, *message: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        pickle.dump(message, self.process.stdin)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def measure(self, row: str, loops: int) -> float:
        return float(self.ask("measure", row, loops))

    def output(self, row: str) -> np.ndarray:
        return np.asarray(self.ask("output", row))

    def close(self) -> None:
        self.process.communicate()


def worker() -> None:
    """Pillow-SIMD's side of Remote."""

    def receive() -> Any:
        return pickle.load(sys.stdin.buffer)

    def reply(value: Any) -> None:
        pickle.dump(value, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    import PIL

    case, images = receive()
    local = Local(pillow(case), [to_pillow(image) for image in images])
    reply((list(local.calls), PIL.__version__))
    while True:
        try:
            what, *args = receive()
        except EOFError:
            return
        reply(getattr(local, what)(*args))


def fault(row: str, given: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> str:
    """What is wrong with a peer's output, if anything."""
    if theirs.shape != ours.shape and theirs.ndim == 3:
        theirs = theirs.transpose(1, 2, 0)  # torchvision's are channels first
    if (theirs.shape, theirs.dtype) != (ours.shape, ours.dtype):
        return f"gives {theirs.dtype} {theirs.shape}, not {ours.dtype} {ours.shape}"
    if row == "copy":
        return ""
    if theirs.shape == given.shape and np.array_equal(theirs, given):
        return "does nothing"
    if row == "noise":
        middle = (given > 90) & (given < 165)
        a, b = ((out.astype(float) - given)[middle].std() for out in (ours, theirs))
        return "" if abs(b / a - 1) < 0.05 else f"standard deviation {b:.2f}, not {a:.2f}"
    if row == "dropout":
        a, b = ((out != given).any(-1).mean() for out in (ours, theirs))
        return "" if 0.5 * a < b < 2 * a else f"changes {b:.0%}, not {a:.0%}"
    limit = ROWS[row].limit
    if limit is not None:  # small photos have more detail in each pixel
        limit *= min(4, max(1, 512 / len(given)))
    away = np.abs(theirs.astype(float) - ours).mean()
    if limit is not None and away > limit:
        return f"differs by {away:.2f} on average"
    return "" if np.isfinite(theirs).all() else "is not finite"


def rows(args: argparse.Namespace) -> Json:
    pin()
    found: list[Json] = []
    (photo, *_) = photos(512)
    host = Local({"copy": partial(np.copyto, photo.copy())}, [photo])
    copies: list[float] = []  # all do the same, so that what differs is the machine
    missing: dict[str, str] = {}
    versions: dict[str, str] = {}
    for side in [512] if args.quick else SIDES:
        case, images = bitaug_case(side), photos(side)
        contenders: dict[str, Any] = {
            "bitaug": Local(bitaug(case), images),
            "bitaug, out=": Local(bitaug(case, reuse=True), images),
        }
        for peer, (calls, prepare, package) in PEERS.items():
            try:
                contenders[peer] = Local(calls(case), [prepare(image) for image in images])
                versions[peer] = version(package)
            except ImportError as error:
                missing[peer] = str(error)
        if args.pillow_simd:
            contenders["Pillow-SIMD"] = Remote(args.pillow_simd, case, images)
            versions["Pillow-SIMD"] = contenders["Pillow-SIMD"].version
        else:
            missing["Pillow-SIMD"] = "could not be built"
        for name in ROWS:
            copies.append(host.measure("copy", enough(1e-5)))
            found.append(race(name, case, images[0], contenders))
        if args.pillow_simd:
            contenders["Pillow-SIMD"].close()
    host_copy = {"fastest": min(copies), "median": statistics.median(copies)}
    return {"rows": found, "host copy": host_copy, "missing": missing, "versions": versions}


def race(name: str, case: Case, given: np.ndarray, contenders: dict[str, Any]) -> Json:
    """One row at one size: who did the work is timed, round by round."""
    faults, running = {}, {}
    ours = contenders["bitaug"].output(name)
    for peer, contender in contenders.items():
        if name in contender.calls:
            wrong = ""
            try:
                for _ in range(TRIES):  # some draw the order of a colour jitter's steps
                    wrong = fault(name, given, ours, contender.output(name))
                    if not wrong:
                        break
            except Exception as error:  # whatever a library throws is reported
                wrong = f"{type(error).__name__}: {error}"
            if wrong and not peer.startswith(("bitaug", "memcpy")):
                faults[peer] = wrong
            else:
                running[peer] = contender
    # of a recipe's draws each round sees several
    least = 16 if ROWS[name].recipe else 1
    loops = {p: enough(c.measure(name, 2), least) for p, c in running.items()}
    times = [{p: c.measure(name, loops[p]) for p, c in running.items()} for _ in range(ROUNDS)]
    medians = {p: statistics.median(t[p] for t in times) for p in running}
    print(f"{case.side:5} {name:15}", end="", file=sys.stderr)
    print(*(f"{p} {t * 1e6:.1f}" for p, t in medians.items()), sep="; ", file=sys.stderr)
    for peer, wrong in faults.items():
        print(f"      {peer}: {wrong}", file=sys.stderr)
    return {"name": name, "side": case.side, "times": medians, "faults": faults}


# Stages of the recipes


def stages(args: argparse.Namespace) -> Json:
    """Each recipe cut after each stage: what a stage adds, and what it would cost to move its
    bytes once. Draws do not depend on later ops, so the shorter ones do the same work."""
    import bitaug as ba

    pin()
    (image, *_) = photos(512)
    copied, count = np.empty_like(image), 32

    def augment(run: Any, out: np.ndarray) -> None:
        for index in range(count):
            run(image, **ADDRESS, index=index, out=out)

    table = []
    for recipe, ops in bitaug_recipes().items():
        # ToCHW only says how Normalize writes
        ends = [n for n in range(1, len(ops) + 1) if not isinstance(ops[n - 1], ba.Normalize)]
        cuts = [ba.Compose(ops[:end]) for end in ends]
        outs = [cut(image, **ADDRESS, index=0) for cut in cuts]
        pairs = enumerate(zip(cuts, outs, strict=True))
        calls = {str(n): partial(augment, cut, out) for n, (cut, out) in pairs}
        times = interleaved({**calls, "copy": partial(np.copyto, copied, image)})
        per_byte = times.pop("copy") / (2 * image.nbytes)  # a copy reads and writes
        given = read = image.nbytes * part_read(ops[0], image, count)
        before = 0.0
        for end, out, total in zip(ends, outs, times.values(), strict=True):
            least = ops[end - 1].p * (read + out.nbytes) * per_byte
            names = [type(op).__name__ for op in ops[end - 1 - (end == len(ops)) : end]]
            time_ = (total - before) / count
            table.append({"recipe": recipe, "stage": names, "time": time_, "least": least})
            read, before = out.nbytes, total
        least = (given + outs[-1].nbytes) * per_byte
        table.append({"recipe": recipe, "stage": [], "time": total / count, "least": least})
    return {"stages": table}


def part_read(op: Any, image: np.ndarray, count: int) -> float:
    """The mean part of the image that an op reads."""
    if type(op).__name__ != "RandomResizedCrop":
        return 1.0
    windows = [drawn(op, index, len(image)) for index in range(count)]
    return statistics.mean(w["height"] * w["width"] for w in windows) / (image.size // 3)


# Kernels at each level

# In copies of the image by memcpy, what prototypes in intrinsics took, at AVX2 and at AVX-512.
PROTOTYPES = {
    "affine": (26.4, 16.3),
    "noise": (33.6, 15.3),
    "resize": (8.5, 5.5),
    "rrc": (5.6, 4.0),
    "jitter": (18.7, 13.3),
    SMALL_JITTER: (1.9, 1.5),
    "blur 5": (10.7, 8.2),
    "blur 23": (49.1, 37.7),
    "linear": (6.4, 1.4),
    "normalize": (7.5, 7.8),
    "hflip": (1.5, 1.3),
}


def kernels(args: argparse.Namespace) -> Json:
    """Each SIMD level in a process of its own."""
    import bitaug as ba

    found = {level: part_of(f"level:{level}", args) for level in ba.levels()}
    times, philox = ({k: each[what] for k, each in found.items()} for what in ("times", "philox"))
    return {"kernels": times, "prototypes": PROTOTYPES, "philox": philox}


def level() -> Json:
    """The kernels of single ops at this level, outputs reused, and Philox in bytes a second."""
    import bitaug as ba

    pin()
    (image, *_), (small, *_) = photos(512), photos(224)
    calls = {
        name: partial(call, image)
        for name, call in bitaug(bitaug_case(512), reuse=True).items()
        if name in PROTOTYPES
    }
    calls[SMALL_JITTER] = partial(small_jitter(), small)
    calls["memcpy"] = partial(np.copyto, image.copy(), image)
    words, at = 1 << 18, {**ADDRESS, "stream": "", "index": 0}
    calls["philox"] = partial(ba.random.pixel_words, "op", words, **at)
    times = interleaved(calls)
    return {"times": times, "philox": 4 * words / times.pop("philox")}


# Overhead, threads, growth, memory


def overhead(args: argparse.Namespace) -> Json:
    """What a small image costs beside the work on it."""
    import bitaug as ba

    pin()
    (image, *_) = photos(64)
    out, batch = np.empty_like(image), np.stack([image] * 64)
    op, at = ba.HorizontalFlip(p=0), {**ADDRESS, "index": 0}
    one, off = ba.Compose([op]), ba.RandomBrightnessContrast(p=0)
    jitter = ba.ColorJitter(brightness=(0.6, 1.4), contrast=(0.6, 1.4))
    among = {**ADDRESS, "index": np.arange(64), "threads": 1, "out": np.empty_like(batch)}
    times = interleaved(
        {
            "copy": image.copy,
            "copyto": partial(np.copyto, out, image),
            "op": partial(op, image, **at),
            "op out": partial(op, image, **at, out=out),
            "pipeline": partial(one, image, **at),
            "pipeline out": partial(one, image, **at, out=out),
            "params": partial(jitter.params, **at, shape=image.shape),
            "batch 1": partial(ba.Compose([off]), batch, **among),
            "batch 9": partial(ba.Compose([off] * 9), batch, **among),
        }
    )
    clock = "import time, numpy; t = time.perf_counter(); import bitaug"
    command = [sys.executable, "-c", f"{clock}; print(time.perf_counter() - t)"]
    imports = [float(subprocess.check_output(command)) for _ in range(9)]
    return {"overhead": times, "import": statistics.median(imports)}


def threads(args: argparse.Namespace) -> Json:
    """Batches on 1, 2, 4 ... threads, and whether small ones suffer from the default."""
    import bitaug as ba

    cores = len(os.sched_getaffinity(0))
    counts = sorted({2**k for k in range(cores.bit_length())} | {cores})
    table, small = [], []
    for side, (name, ops) in itertools.product([224, 512], bitaug_recipes().items()):
        batch, run = np.stack(photos(side) * 16), ba.Compose(ops)
        at = {**ADDRESS, "index": np.arange(64)}
        out = run(batch, **at)
        times = interleaved({str(t): partial(run, batch, **at, out=out, threads=t) for t in counts})
        table.append({"recipe": name, "side": side, "images": 64, "times": times})
    run = ba.default_pipeline()
    for n in (1, 2, 4):
        batch = np.stack(photos(64)[:n])
        call = partial(run, batch, **ADDRESS, index=np.arange(n), out=np.empty_like(batch))
        times = interleaved({"default": call, "one": partial(call, threads=1)})
        small.append({"images": n, "times": times})
    return {"threads": table, "small": small}


def growth(args: argparse.Namespace) -> Json:
    """Time against pixels and against samples, one thread, outputs reused."""
    import bitaug as ba

    pin()
    runs = {"flip": ba.HorizontalFlip(p=1), "geo": ba.Compose(bitaug_recipes()["geo"])}
    (photo, *_) = photos(1024)
    batch = np.stack(photos(64) * 1024)

    def timed(run: Any, images: np.ndarray, out: np.ndarray, index: Any) -> float:
        call = partial(run, images, **ADDRESS, index=index, out=out, threads=1)
        return interleaved({"": call}, rounds=7)[""]

    pixels: dict[str, list[tuple[int, float]]] = {name: [] for name in runs}
    samples: dict[str, list[tuple[int, float]]] = {name: [] for name in runs}
    for name, run in runs.items():
        for side in [2**k for k in range(6, 12 if args.quick else 14)]:
            tiles = -(-side // 1024)
            image = np.tile(photo, (tiles, tiles, 1))[:side, :side].copy()
            out = run(image, **ADDRESS, index=0)
            pixels[name].append((image.size // 3, timed(run, image, out, 0)))
        out = run(batch, **ADDRESS, index=range(len(batch)))
        for n in [2**k for k in range(13)]:
            samples[name].append((n, timed(run, batch[:n], out[:n], np.arange(n))))
    return {"pixels": pixels, "samples": samples}


def memory(args: argparse.Namespace) -> Json:
    """The peak of memory above input and output; each case in a process of its own."""
    cases = {"one image of 4096 px": (1, 4096), "256 images of 224 px": (256, 224)}
    table = []
    for title, (count, side) in cases.items():
        for reuse in (True, False):
            part = f"peak:{count}:{side}:{int(reuse)}"
            table.append({"title": title, "reuse": reuse, **part_of(part, args)})
    return {"memory": table}


def peak(count: int, side: int, reuse: int) -> Json:
    import bitaug as ba

    def high() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    run = ba.Compose(bitaug_recipes()["geo"])
    images = np.full((count, side, side, 3), 100, np.uint8)
    out = np.full((count, 3, side, side), 1.0, np.float32) if reuse else None
    # what is loaded at the first call is no scratch
    run(images[:1, :64, :64], **ADDRESS, index=range(1))
    before = high()
    result = run(images, **ADDRESS, index=range(count), out=out)
    return {"input": images.nbytes, "output": result.nbytes, "grown": high() - before}


# The real DataLoader


class Plain:
    """A data set as it is usually written: `__getitem__` transforms one image."""

    def __init__(self, call: Call, images: list[Any]) -> None:
        self.call, self.images = call, images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Any:
        import torch

        return torch.as_tensor(self.call(self.images[index]))


def loaders(args: argparse.Namespace) -> Json:
    """Epochs of recipe imagenet through torch's DataLoader, from images in memory."""
    import torch

    import bitaug as ba
    import bitaug.torch

    torch.set_num_threads(1)
    count, batch, side = 512, 64, 512
    images, case = photos(side), bitaug_case(side)
    repeated = [images[i % len(images)] for i in range(count)]
    pipeline = ba.Compose(bitaug_recipes()["imagenet"])
    table = []
    for workers in (0, 2):
        options = {"num_workers": workers, "persistent_workers": workers > 0}
        ours = ba.torch.Augmented(repeated, pipeline, seed=1, stream="train")
        sampler = ba.torch.Sampler(ba.Order(count, seed=1, stream="train"), batch)
        running = {"bitaug": ba.torch.DataLoader(ours, sampler=sampler, **options)}
        for peer in ("AlbumentationsX", "torchvision"):
            calls, prepare, _ = PEERS[peer]
            given = [prepare(image) for image in images]
            plain = Plain(calls(case)["imagenet"], [given[i % len(given)] for i in range(count)])
            running[peer] = torch.utils.data.DataLoader(plain, batch, shuffle=True, **options)
        times: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(6):
            for name, loader in running.items():
                start = time.perf_counter()
                shapes = {tuple(each.shape) for each in loader}
                times[name].append(time.perf_counter() - start)
                assert shapes == {(batch, 3, 224, 224)}, (name, shapes)
        # The first epoch starts the workers.
        rates = {name: count / statistics.median(each[1:]) for name, each in times.items()}
        print("loaders", workers, rates, file=sys.stderr)
        table.append({"workers": workers, "rates": rates})
    return {"loaders": table}


# The machine, and putting it together


def machine() -> Json:
    import bitaug as ba

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = {line.partition(": ")[2] for line in lines if line.startswith("model name")}
    return {
        "processor": ", ".join(sorted(names)) or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "level": ba.levels()[-1],
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "version": ba.__version__,
    }


PARTS: dict[str, Callable[[argparse.Namespace], Json]] = {
    part.__name__: part
    for part in (rows, stages, kernels, overhead, threads, loaders, growth, memory)
}


def part_of(name: str, args: argparse.Namespace) -> Json:
    """Runs a part in a fresh process."""
    env = {k: v for k, v in os.environ.items() if k not in ONE_THREAD}
    env["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network
    if not name.startswith(("threads", "loaders", "memory", "peak")):
        env |= ONE_THREAD
    if name.startswith("level:"):
        env["BITAUG_SIMD"] = name.removeprefix("level:")
    command = [sys.executable, __file__, "--part", name, "--pillow-simd", args.pillow_simd]
    command += ["--quick"] * args.quick
    done: Json = json.loads(subprocess.check_output(command, env=env))
    return done


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="512 px only")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="these parts, the rest as before")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    parser.add_argument("--date", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--pillow-simd", default="", help="a Python that has Pillow-SIMD")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    args = parsed()
    if args.worker:
        worker()
    elif args.part:
        name, *given = args.part.split(":")
        if name == "peak":
            result = peak(*map(int, given))
        else:
            result = level() if name == "level" else PARTS[name](args)
        print(json.dumps(result))
    else:
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        if not args.render:
            results |= {"machine": machine(), "date": args.date}
            for name in args.only or PARTS:
                results |= part_of(name, args)
            RESULTS.write_text(json.dumps(results))
        from report import write

        write(results, ROOT / "docs")


if __name__ == "__main__":
    main()
