"""From the answers to the causes: a rule for each."""

import dataclasses
import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parts import Table
from .report import Finding
from .samples import Row

if TYPE_CHECKING:
    from .run import Examined

SHOWN = 4
BITAUG = "with bitaug nothing keeps a generator: Augmented(dataset, pipeline, seed=, stream=)"


@dataclasses.dataclass(frozen=True)
class Pairs:
    """The samples that two passes have in common, and those that differ.

    Attributes:
        names: of the passes.
        common: how many are in both.
        differing, equal: the rows of both.
    """

    names: tuple[str, str]
    common: int
    differing: list[tuple[Row, Row]]
    equal: list[tuple[Row, Row]]


def compare(a: Table, b: Table, i: int, j: int) -> Pairs | None:
    one, other = a.epochs[i], b.epochs[j]
    single = a is not b and not i and not j
    names = (a.name, b.name) if single else (a.pass_name(i), b.pass_name(j))
    if any(row.id is None for row in [*one, *other]):
        # Of a part of an epoch it is not known whether the other has the same samples.
        return None if a.cut or b.cut or not one else _as_sets(names, one, other)
    left, right = _by_id(one), _by_id(other)
    common = [(left[key], right[key]) for key in left if key in right]
    if not common:
        return None
    return Pairs(
        names,
        len(common),
        [(x, y) for x, y in common if x.digest != y.digest],
        [(x, y) for x, y in common if x.digest == y.digest],
    )


def _by_id(rows: Sequence[Row]) -> dict[Any, Row]:
    """By id, and by how often it came before."""
    seen: Counter[Any] = Counter()
    found = {}
    for row in rows:
        found[row.id, seen[row.id]] = row
        seen[row.id] += 1
    return found


def _as_sets(names: tuple[str, str], one: Sequence[Row], other: Sequence[Row]) -> Pairs:
    """Without ids: what is in one and not in the other, in whatever order."""
    left, right = (Counter(row.digest for row in rows) for rows in (one, other))
    missing, extra = left - right, right - left
    alone = [row for row in one if missing[row.digest]]
    new = [row for row in other if extra[row.digest]]
    both = [row for row in one if not missing[row.digest]]
    return Pairs(names, len(one), list(zip(alone, new, strict=False)), [(x, x) for x in both])


def finding(
    cause: int,
    part: str,
    text: str,
    advice: str,
    pairs: Pairs | None = None,
    alike: bool = False,
) -> Finding:
    if pairs is None:
        return Finding(cause, part, text, advice)
    shown = (pairs.equal if alike else pairs.differing)[:SHOWN]
    return Finding(
        cause,
        part,
        text,
        advice,
        pairs.names,
        tuple(x.id if x.id == y.id else (x.id, y.id) for x, y in shown),
        tuple((x.digest, y.digest) for x, y in shown),
        tuple((x.small, y.small) for x, y in shown),
    )


def ids(pairs: list[tuple[Row, Row]]) -> str:
    """The first few samples, in words."""
    named = [repr(x.id) for x, _ in pairs if x.id is not None]
    if not named:
        return f"{len(pairs)} samples"
    rest = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return f"sample{'s' * (len(named) > 1)} {', '.join(named[:SHOWN])}{rest}"


def within(one: "Examined") -> list[Finding]:
    """The causes that show in one part."""
    found: list[Finding] = []
    for rule in (
        _worker_copies,
        _moved,
        _worker_seeds,
        _same_order,
        _stale_epoch,
        _by_worker,
        _stream,
        _batch,
        _race,
        _kept,
        _several_workers,
        _ranks,
    ):
        found += rule(one, {each.cause for each in found})
    return found


def _repeats(one: "Examined", name: str) -> tuple[bool, Pairs | None]:
    """Whether two workers that were asked for one sample alone drew the same."""
    if name not in one.tables:
        return False, None
    rows = one.tables[name].epochs[0]
    step = 4
    workers: tuple[list[Row], list[Row]] = ([], [])
    for place in range(0, len(rows), step):
        workers[place // step % 2].extend(rows[place : place + step])
    digests = [[row.digest for row in worker] for worker in workers]
    alike = digests[0] == digests[1] and len(set(digests[0])) > 1
    pairs = list(zip(*workers, strict=False))
    return alike, Pairs((f"{name}: worker 0", "worker 1"), len(pairs), [], pairs)


def _worker_copies(one: "Examined", _: set[int]) -> Iterator[Finding]:
    name = "one sample by 2 workers"
    alike, pairs = _repeats(one, name)
    if "one sample without worker_init_fn" in one.tables:
        alike = alike and _repeats(one, "one sample without worker_init_fn")[0]
    text = (
        "Two workers asked for sample 0 again and again gave the same sequence of different "
        "images: each has a copy of the same generator, kept in the data set."
    )
    if name not in one.tables and one.differ("each sample twice", 0, 1):
        seeded = one.equal("twice, seeded before each", 0, 1)
        if not seeded and one.equal("a copy beside it", 0, 1):
            alike, pairs = True, one.pairs("a copy beside it", "a copy beside it", 0, 1)
            text = (
                "A copy of the data set gives the same sequence of different images as the data "
                "set itself: a generator is kept in it, and workers would repeat each other."
            )
    if alike:
        advice = "keep no generator in the data set; draw from (seed, epoch, index)"
        yield finding(1, one.part.name, text, f"{advice}; {BITAUG}", pairs, alike=True)


def _worker_seeds(one: "Examined", before: set[int]) -> Iterator[Finding]:
    name = "2 workers"
    varies = one.differ("as it is", 0, 1) or one.differ("2 workers that stay", 0, 1)
    if 1 in before or not one.part.varies or not varies or not one.equal(name, 0, 1):
        return
    pairs = one.pairs(name, name, 0, 1)
    text = (
        "With workers that are started for each epoch all epochs are alike "
        f"({ids(pairs.equal if pairs else [])}); without workers, or with workers that stay, "
        "they are not. Each start seeds the workers as before."
    )
    if _repeats(one, "one sample by 2 workers")[0]:
        text += " The workers of one epoch also repeat each other."
    advice = "seed by the epoch and the index, not in worker_init_fn; with bitaug leave it out"
    yield finding(2, one.part.name, text, advice, pairs, alike=True)


def _same_order(one: "Examined", _: set[int]) -> Iterator[Finding]:
    table = one.tables.get("own order")
    if table is None or not one.part.varies or len(table.epochs) < 2:
        return
    first, second = ([row.id for row in rows] for rows in table.epochs[:2])
    if None in first or len(first) < 4 or first != second:
        return
    try:
        if all(a <= b for a, b in itertools.pairwise(first)):
            return  # It is not shuffled.
    except TypeError:
        return
    pairs = compare(table, table, 0, 1)
    pixels = "other" if pairs and pairs.differing else "the same"
    text = (
        f"Both epochs begin {', '.join(map(str, first[:8]))} ...: shuffled, but alike, with "
        f"{pixels} pixels. The sampler was not told the epoch."
    )
    advice = (
        "call sampler.set_epoch(epoch) before each epoch (and tell the audit: set_epoch=lambda "
        "loader, epoch: loader.sampler.set_epoch(epoch)); bitaug.torch.Sampler counts by itself"
    )
    yield finding(3, one.part.name, text, advice, pairs, alike=not (pairs and pairs.differing))


def _stale_epoch(one: "Examined", _: set[int]) -> Iterator[Finding]:
    plain, stay = "2 workers", "2 workers that stay"
    reached = one.equal("as it is", 1, 1, plain) and one.differ(plain, 0, 1)
    if reached and one.differ(plain, 1, 1, stay) and one.equal(plain, 0, 0, stay):
        pairs = one.pairs(plain, stay, 1, 1)
        text = (
            f"In epoch 1 {ids(pairs.differing if pairs else [])} come out otherwise where workers "
            "stay than where they are started anew"
        )
        if one.equal(stay, 0, 1):
            text += ": there epoch 1 is epoch 0 again"
        text += ". What is set on the data set after they have started does not reach them."
        advice = "keep the epoch in shared memory, or send it with the index, as bitaug.torch does"
        yield finding(4, one.part.name, text, advice, pairs)


def _by_worker(one: "Examined", before: set[int]) -> Iterator[Finding]:
    agree = one.equal("2 workers", 0, 0, "2 workers (again)")
    repeats = _repeats(one, "one sample by 2 workers")[0]
    if 1 in before or repeats or not agree or not one.differ("2 workers", 0, 0, "3 workers"):
        return
    pairs = one.pairs("2 workers", "3 workers")
    text = (
        f"2 workers agree with 2 workers, but not with 3: {ids(pairs.differing if pairs else [])} "
        "differ. The worker's number, or what it did before, enters the draws."
    )
    yield finding(5, one.part.name, text, f"seed by (seed, epoch, index) alone; {BITAUG}", pairs)


def _moved(one: "Examined", _: set[int]) -> Iterator[Finding]:
    """Complaint: another image at the same index."""
    table = one.tables.get("next epoch by index")
    if table is None or len(table.epochs) < 3:
        return
    first, second, back = table.epochs
    if [row.digest for row in back] == [row.digest for row in first]:
        return
    counts = Counter(row.digest for row in first)
    was = {row.digest: row for row in first if counts[row.digest] == 1}
    moved = [
        (was[row.digest], row)
        for row in second
        if row.digest in was and was[row.digest].id != row.id
    ]
    if not moved:
        return
    to = {x.id: y.id for x, y in moved}
    numbers = all(isinstance(each, int) for each in [*to, *to.values()])
    runs = numbers and sum(to.get(i + 1) == to[i] + 1 for i in to) > len(to) // 3
    old, new = moved[0]
    text = (
        f"The image at {old.id!r} in one epoch is at {new.id!r} in the next, and {len(moved) - 1} "
        "others have moved as well: an index means no image. "
    )
    text += (
        "They have moved in runs, as files or shards do whose order is shuffled."
        if runs
        else "A list in the data set is shuffled in place."
    )
    pairs = Pairs(("next epoch by index, epoch 0", "epoch 1"), len(first), [], moved)
    advice = "leave the data set as it is and shuffle indices: ba.Order(n, seed=, stream=)"
    yield finding(6, one.part.name, text, advice, pairs, alike=True)


def _stream(one: "Examined", before: set[int]) -> Iterator[Finding]:
    if 6 in before:
        return
    name = "each sample twice"
    advice = f"draw from (seed, epoch, index), so that a sample can be made alone; {BITAUG}"
    if one.differ(name, 0, 1):
        pairs = one.pairs(name, name, 0, 1)
        asked = f"Asking for {ids(pairs.differing if pairs else [])} twice gives other images. "
        if one.equal("twice, seeded before each", 0, 1):
            asked += (
                "Set anew before each, the global generators make them alike: the draws come from "
                "there. A run that is resumed, or draws anything more, sees other images."
            )
        elif one.equal("a copy beside it", 0, 1):
            if before & {1, 2, 5}:
                return
            asked += "The draws come from a generator that is kept in the data set."
        else:
            asked += "Not even seeding the global generators makes them alike."
        yield finding(6, one.part.name, asked, advice, pairs)
        return
    if 1 in before:
        return
    if one.differ("as it is", 0, 0, "as it is (again)") and not _fixed(one):
        pairs = one.pairs("as it is", "as it is (again)")
        text = f"Two passes asked for alike differ: {ids(pairs.differing if pairs else [])}. "
        if one.equal("seeded", 0, 0, "seeded (again)"):
            text += "With the global generators seeded they do not: the draws come from there."
        else:
            text += "Not even seeding the global generators makes them alike."
        yield finding(6, one.part.name, text, advice, pairs)
        return
    if one.part.torch and _unsteady_workers(one):
        pairs = one.pairs("2 workers", "2 workers (again)")
        text = f"With 2 workers two passes differ: {ids(pairs.differing if pairs else [])}."
        yield finding(6, one.part.name, text, advice, pairs)
    elif one.equal("seeded", 0, 0, "seeded (again)") and one.differ(
        "seeded", 1, 0, "seeded at epoch 1"
    ):
        pairs = one.pairs("seeded", "seeded at epoch 1", 1, 0)
        text = (
            "Epoch 1 asked for at once differs from epoch 1 after epoch 0: "
            f"{ids(pairs.differing if pairs else [])}. A run that is resumed there sees others."
        )
        yield finding(6, one.part.name, text, advice, pairs)
    elif "resumed" in one.tables:
        whole, rest = one.tables["resumed"].epochs
        if [row.digest for row in whole] != [row.digest for row in rest]:
            text = "Broken off and resumed by its state, the loader goes on with other samples."
            both = list(zip(whole, rest, strict=False))
            pairs = Pairs(("not broken off", "resumed"), len(whole), both, [])
            advice = "bitaug.torch.DataLoader.state_dict counts what was handed out"
            yield finding(6, one.part.name, text, advice, pairs)


def _batch(one: "Examined", _: set[int]) -> Iterator[Finding]:
    name = "seeded with other batches"
    if one.equal("seeded", 0, 0, "seeded (again)") and one.differ("seeded", 0, 0, name):
        pairs = one.pairs("seeded", name)
        text = (
            "With another batch size, and all else alike, "
            f"{ids(pairs.differing if pairs else [])} differ: something is drawn for a batch, not "
            "for a sample."
        )
        advice = "draw for each sample, before samples become batches; bitaug never draws otherwise"
        yield finding(7, one.part.name, text, advice, pairs)


def _unsteady_workers(one: "Examined") -> bool:
    """Whether passes differ with workers, and only with them."""
    steady = one.equal("as it is", 0, 0, "as it is (again)")
    return steady and one.differ("2 workers", 0, 0, "2 workers (again)")


def _race(one: "Examined", _: set[int]) -> Iterator[Finding]:
    if not one.equal("seeded", 0, 0, "seeded (again)"):
        return
    many, again = "seeded with 4 calls at once", "seeded with 4 calls at once (again)"
    for a, b in ((many, again), ("seeded", many), ("2 workers", "2 workers (again)")):
        # Workers of torch are processes, which have nothing in common to draw from.
        if a == "2 workers" and (one.part.torch or not _unsteady_workers(one)):
            continue
        if one.differ(a, 0, 0, b):
            pairs = one.pairs(a, b)
            text = (
                "One call after the other two passes agree; with several at once "
                f"{ids(pairs.differing if pairs else [])} differ: which call draws first is a "
                "matter of chance."
            )
            advice = "draw by index within the mapped function, not from a generator they share"
            yield finding(8, one.part.name, text, advice, pairs)
            return


def _fixed(one: "Examined") -> bool:
    """Whether a loader gives the same epoch again and again, and another, made anew, another."""
    passes = ("as it is", "as it is (again)", "2 workers")
    if not one.part.varies or not one.equal("as it is", 0, 1):
        return False
    if any(one.differ(name, 0, 1) for name in passes) or one.differ("each sample twice", 0, 1):
        return False
    other = one.differ("as it is", 0, 0, "as it is (again)")
    anew = one.part.fresh and (other or one.differ("as it is", 0, 0, "another seed"))
    return anew or one.settings.augmented


def _kept(one: "Examined", _: set[int]) -> Iterator[Finding]:
    if _fixed(one):
        pairs = one.pairs("as it is", "as it is", 0, 1)
        text = "All epochs have the same images"
        if one.part.fresh and not one.equal("as it is", 0, 0, "as it is (again)"):
            text += ", and a loader made anew has others"
        elif one.part.fresh and one.differ("as it is", 0, 0, "another seed"):
            text += ", and another seed gives others"
        else:
            text += ", though they are meant to be augmented"
        text += (
            ": the draws are made once, before a cache or where the data set is made, or start "
            "from the same seed in each epoch."
        )
        advice = "cache first, then augment; and let the epoch enter, as bitaug's address does"
        yield finding(9, one.part.name, text, advice, pairs, alike=True)


def _several_workers(one: "Examined", _: set[int]) -> Iterator[Finding]:
    """A stream that its workers do not share out."""
    alone, two = one.tables.get("as it is"), one.tables.get("2 workers")
    if alone is None or two is None or alone.cut or not alone.epochs[0]:
        return
    if two.cut or len(two.epochs[0]) > len(alone.epochs[0]):
        text = (
            f"An epoch has {len(alone.epochs[0])} samples without workers and more with 2: each "
            "worker gives all of them."
        )
        advice = "share them out by get_worker_info(), or use bitaug.torch.Iterable"
        yield finding(11, one.part.name, text, advice)


def _ranks(one: "Examined", _: set[int]) -> Iterator[Finding]:
    ranks = getattr(one, "ranks", {})
    if not ranks or None in ranks[1][0]:
        return
    there = len(set(ranks[1][0]))
    for world in (2, 3):
        given = [id for rank in ranks[world] for id in rank]
        times = Counter(given)
        more = [id for id, count in times.items() if count > 1]
        if more:
            text = (
                f"{world} ranks are given {len(given)} samples of {there}: "
                f"{', '.join(map(repr, more[:SHOWN]))} to more than one. In validation they count "
                "twice."
            )
            advice = 'pad nothing: bitaug.torch.Sampler(order, size, remainder="keep") or "drop"'
            yield Finding(11, one.part.name, text, advice, ("ranks",), tuple(more[:SHOWN]))
            return


# Between parts.


def between(examined: list["Examined"]) -> list[Finding]:
    """What shows only where two parts are side by side."""
    found: list[Finding] = []
    for one, other in itertools.combinations(examined, 2):
        if one.tables and other.tables:
            found += _shared(one, other)
            found += _duplicates(one, other)
    return found


def _shared(one: "Examined", other: "Examined") -> Iterator[Finding]:
    same = [each for each in one.part.objects if any(each is x for x in other.part.objects)]
    if not same:
        return
    kind = type(same[0]).__name__
    advice = "make a data set object for each part; or one not augmented, with Augmented around it"
    for part in (one, other):
        for name, i, j in (("each sample twice", 0, 1), ("as it is", 0, 1)):
            if not part.part.varies and part.differ(name, i, j):
                pairs = part.pairs(name, name, i, j)
                text = (
                    f"{one.part.name} and {other.part.name} have the same {kind} in them, and "
                    f"{part.part.name} varies from pass to pass "
                    f"({ids(pairs.differing if pairs else [])}): what augments the one augments "
                    "the other."
                )
                yield finding(10, f"{one.part.name}, {other.part.name}", text, advice, pairs)
                return
        if part.part.varies and part.settings.augmented and part.equal("as it is", 0, 1):
            pairs = part.pairs("as it is", "as it is", 0, 1)
            text = (
                f"{one.part.name} and {other.part.name} have the same {kind} in them, and "
                f"{part.part.name} never varies: what was set for the one holds for the other."
            )
            yield finding(10, f"{one.part.name}, {other.part.name}", text, advice, pairs, True)
            return


def _first(one: "Examined") -> list[Row]:
    for name in ("as it is", "each sample twice"):
        if name in one.tables:
            return one.tables[name].epochs[0]
    return []


def _duplicates(one: "Examined", other: "Examined") -> Iterator[Finding]:
    """Equal images, or equal files behind different ones."""
    rows = _first(one), _first(other)
    advice = "split by key: ba.split(keys, fractions, seed=); and give each part its own stream="
    name = f"{one.part.name}, {other.part.name}"
    for what, pairs in (
        ("images", _alike(*rows, lambda row: row.digest)),
        ("files", _alike(*rows, _content)),
    ):
        if pairs:
            places = [f"{x.id!r} and {y.id!r}" for x, y in pairs[:SHOWN] if x.id is not None]
            shown = f": {', '.join(places)}" if places else ""
            text = (
                f"{len(pairs)} {what} of the first {len(rows[0])} and {len(rows[1])} are in both"
                f"{shown}. They are the same samples, or got the same draws."
            )
            found = Pairs((one.part.name, other.part.name), len(rows[0]), [], pairs)
            yield finding(11, name, text, advice, found, alike=True)
            return


def _alike(one: list[Row], other: list[Row], by: Any) -> list[tuple[Row, Row]]:
    right: dict[Any, list[Row]] = defaultdict(list)
    for row in other:
        right[by(row)].append(row)
    return [(row, right[key][0]) for row in one if (key := by(row)) is not None and key in right]


def _content(row: Row) -> Any:
    """What the file holds whose path the sample tells, if it tells one."""
    for value in [row.id, *row.scalars.values()]:
        if isinstance(value, str | os.PathLike) and Path(value).is_file():
            return Path(value).read_bytes()
    return None
