"""Writes what compare.py measured: docs/benchmarks.md, benchmarks.png and growth.png."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from peers import PEERS, ROWS, Row

Json = dict[str, Any]
SIDE = 512  # where the bars are judged
OURS = ["bitaug", "bitaug, out="]
THEIRS = [peer for peer in [*PEERS, "Pillow-SIMD"] if peer != "memcpy"]
MET, MISSED, INK, SOFT = "#2a7f62", "#c8553d", "#1f2328", "#8c959f"

METHOD = """\
Times are microseconds per image of uint8, height x width x 3 (torchvision: 3 x height x width).
All contenders are given the same bundled photos and the same parameters, and run on one thread
pinned to one core, in one process (Pillow-SIMD in its own, on the same core). Rounds of at least
5 ms are interleaved, A B C A B C ...; a time is the median of 15. Each round begins with 15 ms that
are not timed: by then caches and clock are no longer those of the contender before (after 2 ms, who
followed another still took up to 30% longer than who followed himself). A result is contiguous when
the clock stops. `bitaug` makes a new array at each call, as the peers do, and is what ratios are
taken of; `out=` writes into one that is reused. Before anything is timed, each contender's output
has to have the shape and the dtype, differ from the input and, where nothing is random, lie close
to bitaug's; what fails is not timed and is listed.

The recipes, in bitaug's words; each image gets new draws:

- **imagenet**: RandomResizedCrop(224), HorizontalFlip, ColorJitter(.4, .4, .4), Normalize, ToCHW
- **simclr**: RandomResizedCrop(224), HorizontalFlip, ColorJitter(.8, .8, .8, .2) p .8, ToGray p .2,
  GaussianBlur(23) p .5, Normalize, ToCHW
- **geo**: HorizontalFlip, Affine (15 degrees, scale .9-1.1, move 5%), RandomBrightnessContrast(.2),
  GaussNoise(.02-.1), Normalize, ToCHW, at full size
"""


def host(results: Json) -> list[str]:
    copy = results["host copy"]
    return [
        "How busy the machine was with other work: to copy 512 px, timed before each row, took",
        f"{us(copy['fastest'])} us at best and {us(copy['median'])} us in the middle.",
        "",
    ]


def table(head: Iterable[str], body: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def us(seconds: float | None) -> str:
    """Three digits are more than the clock is good for."""
    if seconds is None:
        return ""
    value = seconds * 1e6
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def judged(found: Json) -> Json | None:
    """A row's ratios, and whether its bar is met."""
    row: Row = ROWS[found["name"]]
    times = found["times"]
    peers = {peer: t for peer, t in times.items() if peer not in OURS}
    real = {peer: t for peer, t in peers.items() if peer != "memcpy"}
    if not real or (row.bar is None and found["name"] != "copy"):
        return None
    fastest = min(real, key=real.__getitem__)
    rival = row.against if row.against in peers else fastest
    ratio = peers[rival] / times["bitaug"]
    return {
        "row": row, "fastest": fastest, "lead": real[fastest] / times["bitaug"],
        "rival": rival, "ratio": ratio, "met": ratio >= row.bar,
    }  # fmt: skip


def verdict(result: Json) -> str:
    bar, ratio = result["row"].bar, result["ratio"]
    of = "" if result["rival"] == result["fastest"] else f" × {result['rival']}"
    if result["met"]:
        return f"{bar:.2g}{of}: met" + f" with {ratio:.2f}" * bool(of)
    return f"{bar:.2g}{of}: **{1 - ratio / bar:.0%} short**"


def rows_at(results: Json, side: int) -> list[str]:
    found = [row for row in results["rows"] if row["side"] == side]
    present = [peer for peer in THEIRS if any(peer in row["times"] for row in found)]
    body = []
    for row in found:
        notes, result = ROWS[row["name"]].notes, judged(row)
        cells = [ROWS[row["name"]].title]
        if result:
            cells += [f"{result['lead']:.2f} {result['fastest']}", verdict(result)]
        else:
            cells += ["", ""]
        cells += [us(row["times"].get(peer)) for peer in OURS]
        cells += [
            us(row["times"].get(peer)) + " †" * (peer in notes and peer in row["times"])
            for peer in present
        ]
        body.append([*cells, us(row["times"].get("memcpy"))])
    head = ["work", "× the fastest peer", "bar", *OURS, *present, "memcpy"]
    lines = [f"### {side} px", "", *table(head, body)]
    lost = [
        f"{ROWS[row['name']].title} ({result['lead']:.2f} {result['fastest']})"
        for row in found
        if (result := judged(row)) and result["lead"] < 1
    ]
    lines += [f"A peer is faster at: {', '.join(lost) or 'nothing'}.", ""]
    faults = [
        f"- {ROWS[row['name']].title}: {peer} {wrong}"
        for row in found
        for peer, wrong in row["faults"].items()
    ]
    return lines + (["Not timed:", "", *faults, ""] if faults else [])


def bars(results: Json) -> list[str]:
    judgements = [r for row in results["rows"] if row["side"] == SIDE and (r := judged(row))]
    missed = [r for r in judgements if not r["met"]]
    met = len(judgements) - len(missed)
    lines = [f"At {SIDE} px {met} of {len(judgements)} bars are met.", ""]
    for r in missed:
        short = f"{1 - r['ratio'] / r['row'].bar:.0%} short of {r['row'].bar:.2g}"
        lines.append(f"- {r['row'].title}: {r['ratio']:.2f} × {r['rival']}, {short}")
    return [*lines, ""] if missed else lines


def notes() -> list[str]:
    lines = ["† The work is not quite the same:", ""]
    for row in ROWS.values():
        said = {what: [p for p in row.notes if row.notes[p] == what] for what in row.notes.values()}
        lines += [f"- {row.title}: {', '.join(peers)} {what}" for what, peers in said.items()]
    close: dict[float, list[str]] = {}
    for row in ROWS.values():
        if row.limit is not None:
            close.setdefault(row.limit, []).append(row.title)
    lines += ["", "The mean of an output's differences from bitaug's may be at most (at 64 px four"]
    lines += ["times, at 224 px 2.3 times as much, as there is more detail in each pixel):", ""]
    lines += [f"- {limit:g}: {'; '.join(titles)}" for limit, titles in sorted(close.items())]
    return [*lines, "- Gaussian noise: its standard deviation may differ by 5%", ""]


def stages(results: Json) -> list[str]:
    lines = ["## Stages of the recipes", ""]
    lines += [
        "512 px, outputs reused. A stage's time is what the recipe takes more when it ends with",
        "that stage than when it ends before it. The least is what memcpy would take to move the",
        "stage's input and output once, as often as it applies; for a whole recipe, the image's",
        "part that is read and the result.",
        "",
    ]
    body = [
        [s["recipe"], ", ".join(s["stage"]) or "**all**", us(s["time"]), us(s["least"])]
        for s in results["stages"]
    ]
    return lines + table(["recipe", "stage", "us", "least, us"], body)


def kernels(results: Json) -> list[str]:
    lines = ["## Kernels at each level", ""]
    lines += [
        "512 px, outputs reused, us, the 2 us of a call among them; then the same in copies by",
        "memcpy, beside what prototypes in intrinsics took, with other maps and sigmas of the same",
        "ops: a hint. Bold: more than a quarter above.",
        "",
    ]
    times, prototypes = results["kernels"], results["prototypes"]
    judged = [level for level in ("avx2", "avx512") if level in times]
    body, slow = [], []
    for name in next(iter(times.values())):
        cells = [ROWS[name].title if name in ROWS else name]
        cells += [us(found[name]) for found in times.values()]
        for level, found in times.items():
            if level in judged:
                ratio = found[name] / found["memcpy"]
                best = prototypes[name][judged.index(level)] if name in prototypes else 1.0
                far = ratio > 1.25 * best
                cells += [f"**{ratio:.1f}**" if far else f"{ratio:.1f}", f"{best:g}"]
                slow += [f"{cells[0]} at {level} ({ratio / best - 1:.0%} above)"] * far
        body.append(cells)
    head = ["kernel", *times]
    for level in judged:
        head += [f"{level}, copies", "prototype"]
    lines += [*table(head, body), f"More than a quarter above: {', '.join(slow) or 'none'}.", ""]
    if "sse4.2" in times:
        scalar, sse = times["scalar"], times["sse4.2"]
        same = [
            ROWS[name].title for name in ROWS if name in sse and sse[name] > 0.97 * scalar[name]
        ]
        lines += [f"Not 3% faster at SSE4.2 than as scalar code: {', '.join(same) or 'none'}.", ""]
    rates = ", ".join(f"{rate / 1e9:.1f} at {level}" for level, rate in results["philox"].items())
    lines += [
        f"Words of Philox into a new array, GB/s: {rates}; at least 5 at avx2 are asked for.",
        "",
    ]
    return lines


def tried(results: Json) -> list[str]:
    return [Path(__file__).with_name("tried.md").read_text("utf-8").rstrip(), ""]


def overhead(results: Json) -> list[str]:
    t = results["overhead"]
    sampling = (t["batch 9"] - t["batch 1"]) / (8 * 64)
    body = [
        ["one op on 64 x 64 x 3 above a copy", us(t["op"] - t["copy"]), "3"],
        ["the same with `out=`", us(t["op out"] - t["copyto"]), "3"],
        ["the same in a Compose", us(t["pipeline"] - t["copy"]), "3"],
        ["Compose and `out=`", us(t["pipeline out"] - t["copyto"]), "3"],
        ["`params()` of a colour jitter", us(t["params"]), ""],
        ["one more op, per image of a batch, not applied", us(sampling), ""],
        ["import, above NumPy's", us(results["import"]), "50000"],
    ]
    return ["## Overhead", "", *table(["", "us", "at most"], body)]


def threads(results: Json) -> list[str]:
    lines = ["## Threads", "", "Batches, outputs reused; at least 0.9 per thread is asked for.", ""]
    counts = list(results["threads"][0]["times"])
    body = []
    for found in results["threads"]:
        one = found["times"]["1"]
        cells = [f"{found['recipe']}, {found['images']} x {found['side']} px"]
        cells.append(f"{found['images'] / one:.0f}")
        body.append(cells + [f"{one / found['times'][n]:.2f}" for n in counts[1:]])
    head = ["", "images/s, one thread", *(f"times that with {n}" for n in counts[1:])]
    lines += table(head, body)
    body = [
        [f"{found['images']} x 64 px", us(found["times"]["default"]), us(found["times"]["one"])]
        for found in results["small"]
    ]
    return lines + table(["small batches", "default, us", "threads=1, us"], body)


def loaders(results: Json) -> list[str]:
    lines = ["## In torch's DataLoader", ""]
    lines += [
        "Images a second through recipe imagenet, from 512 images of 512 px in memory, in batches",
        "of 64; `bitaug.torch` against data sets whose `__getitem__` transforms one image. Without",
        "workers bitaug makes a batch on all cores.",
        "",
    ]
    names = list(results["loaders"][0]["rates"])
    body = []
    for found in results["loaders"]:
        rates = found["rates"]
        best = max(rates[name] for name in names[1:])
        cells = [f"{rates[name]:.0f}" for name in names]
        body.append([f"{found['workers']} workers", *cells, f"{rates[names[0]] / best:.1f}"])
    return lines + table(["", *names, "× the fastest peer"], body)


def line(points: list[list[float]]) -> tuple[float, float, float]:
    """Time = fixed + slope * n, by relative least squares, and the exponent of the upper half."""
    n, t = np.array(points).T
    slope, fixed = np.polyfit(n, t, 1, w=1 / t)
    half = len(n) // 2
    exponent = np.polyfit(np.log(n[half:]), np.log(t[half:]), 1)[0]
    return float(fixed), float(slope), float(exponent)


def growth(results: Json) -> list[str]:
    lines = ["## Growth", "", "![Time against pixels and samples](growth.png)", ""]
    lines += ["One thread, outputs reused; an exponent of 1 is linear.", ""]
    body = []
    for kind, unit in ("pixels", "pixel"), ("samples", "image of 64 px"):
        for name, points in results[kind].items():
            fixed, slope, exponent = line(points)
            span = f"{points[0][0]} to {points[-1][0]}"
            each = f"{slope * 1e9:.2f} ns per {unit}"
            body.append([f"{name}, {span} {kind}", us(fixed), each, f"{exponent:.3f}"])
    lines += table(["", "fixed, us", "slope", "exponent"], body)
    lines += ["## Memory", "", "Recipe geo; the peak above input and output.", ""]
    body = []
    for found in results["memory"]:
        held = 0 if found["reuse"] else found["output"]
        sizes = [found["input"], found["output"], found["grown"] - held]
        title = f"{found['title']}, {'`out=`' if found['reuse'] else 'fresh output'}"
        body.append([title, *(f"{size / 2**20:.1f}" for size in sizes)])
    return lines + table(["", "input, MiB", "output, MiB", "above them, MiB"], body)


def chart(results: Json, path: Path) -> None:
    """Ratios at 512 px, each with its bar."""
    found = [r for row in results["rows"] if row["side"] == SIDE and (r := judged(row))][::-1]
    figure, axes = plt.subplots(figsize=(9, 0.36 * len(found) + 1.4), layout="constrained")
    ratios = [r["ratio"] for r in found]
    colors = [MET if r["met"] else MISSED for r in found]
    axes.barh(range(len(found)), [x - 1 for x in ratios], left=1, color=colors, height=0.62)
    for y, r in enumerate(found):
        bar = r["row"].bar
        axes.plot([bar, bar], [y - 0.42, y + 0.42], color=INK, lw=2.2, solid_capstyle="butt")
        beyond = max(r["ratio"], bar, 1)
        label = f"{r['ratio']:.2g} × {r['rival']}"
        axes.text(beyond * 1.06, y, label, va="center", fontsize=9, color=INK)
    axes.set_xscale("log", base=2)
    low, high = min([*ratios, 0.5]), max([*ratios, *(r["row"].bar for r in found)])
    axes.set_xlim(low / 1.1, high * 2.1)
    ticks = [2.0**k for k in range(-6, 8) if low / 1.1 <= 2.0**k <= high * 1.2]
    axes.set_xticks(ticks, [f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(found)), [r["row"].title for r in found])
    axes.set_ylim(-0.7, len(found) - 0.3)
    axes.axvline(1, color=INK, lw=1)
    axes.grid(axis="x", color="#d8dee4", lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(
        f"bitaug's speed in multiples of the fastest peer's, {SIDE} px, one thread",
        loc="left", fontsize=12, color=INK,
    )  # fmt: skip
    marks = [
        plt.Rectangle((0, 0), 1, 1, color=MET, label="bar met"),
        plt.Rectangle((0, 0), 1, 1, color=MISSED, label="bar missed"),
        plt.Line2D([], [], color=INK, lw=2.2, marker="|", ls="", ms=12, mew=2.2, label="the bar"),
    ]
    axes.legend(handles=marks, loc="lower right", frameon=False, fontsize=9)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def growth_chart(results: Json, path: Path) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    kinds = [("pixels", "pixels of one image"), ("samples", "images of 64 px in a batch")]
    for axes, (kind, label) in zip(panels, kinds, strict=True):
        for (name, points), color in zip(results[kind].items(), [MET, MISSED], strict=True):
            n, t = np.array(points).T
            fixed, slope, _ = line(points)
            axes.loglog(n, (fixed + slope * n) * 1e3, color=color, lw=1)
            axes.loglog(n, t * 1e3, "o", color=color, ms=5, label=name)
        axes.set_xlabel(label)
        axes.set_ylabel("ms")
        axes.grid(color="#d8dee4", lw=0.7)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.suptitle("Measured (dots) and the straight line time = fixed + slope × n", fontsize=12)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def write(results: Json, docs: Path) -> None:
    about = results["machine"]
    versions = {"bitaug": about["version"], **results["versions"]}
    named = ", ".join(f"{name} {number}" for name, number in versions.items() if name != "memcpy")
    missing = [f"{peer} is missing: {why}." for peer, why in results["missing"].items()]
    sides = sorted({row["side"] for row in results["rows"]})
    lines = ["# Benchmarks", "", "Written by `./nox -s compare`; not edited by hand.", ""]
    where = f"{about['processor']}, {about['cores']} cores, SIMD level {about['level']}"
    lines += [f"{results['date']}: {where}; {about['system']}; {named}.", *missing, ""]
    lines += ["![Ratios to the fastest peer, with the bars](benchmarks.png)", "", *bars(results)]
    lines += ["## Method", "", METHOD, *host(results), "## Contenders", ""]
    for side in sorted(sides, key=lambda side: side != SIDE):
        lines += rows_at(results, side)
    lines += notes()
    for section in (stages, kernels, tried, overhead, threads, loaders, growth):
        lines += section(results)
    (docs / "benchmarks.md").write_text("\n".join(lines).rstrip() + "\n")
    chart(results, docs / "benchmarks.png")
    growth_chart(results, docs / "growth.png")
