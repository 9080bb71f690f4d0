"""From the answers to the causes that show in one part: a rule for each."""

import itertools
from collections import Counter
from collections.abc import Iterator

from .answers import Answers
from .findings import Finding, finding
from .questions import (
    AGAIN,
    AS_IS,
    COPY,
    INDEX,
    ONE,
    ONE_BARE,
    RESEEDED,
    SEEDED,
    SEEDED_AGAIN,
    STAY,
    THREE,
    TWICE,
    TWO,
    TWO_AGAIN,
)
from .samples import Row
from .tables import SHOWN, Pairs, compare

ADDRESS = "draw from (seed, epoch, index) alone, as bitaug does, and keep no generator"


def within(one: Answers) -> list[Finding]:
    """The causes that show in one part. Some rules ask what others have found."""
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
        _each_worker_all,
        _ranks,
    ):
        found += rule(one, {each.cause for each in found})
    return found


def _repeats(one: Answers, name: str) -> Pairs | None:
    """What two workers drew that were asked for one sample alone, if it is the same."""
    if name not in one.tables:
        return None
    rows = one.tables[name].epochs[0]
    workers: tuple[list[Row], list[Row]] = ([], [])
    for place, row in enumerate(rows):
        workers[place // 4 % 2].append(row)  # batches of 4 go to them in turn
    first, second = ([row.digest for row in worker] for worker in workers)
    if first != second or len(set(first)) < 2:
        return None
    both = list(zip(*workers, strict=True))
    return Pairs((f"{name}: worker 0", "worker 1"), [], both)


def _worker_copies(one: Answers, _: set[int]) -> Iterator[Finding]:
    pairs = _repeats(one, ONE)
    if pairs and (ONE_BARE not in one.tables or _repeats(one, ONE_BARE)):
        text = (
            "Two workers asked for one sample again and again gave the same sequence of different "
            "images: each has a copy of the same generator, kept in the data set."
        )
        yield finding(1, one.part.name, text, ADDRESS, pairs)
    copied = one.equal((COPY, 0), (COPY, 1))
    if ONE not in one.tables and copied and not one.equal((RESEEDED, 0), (RESEEDED, 1)):
        text = (
            "A copy of the data set gives the same sequence of different images as the data set "
            "itself: a generator is kept in it, and workers would repeat each other."
        )
        yield finding(1, one.part.name, text, ADDRESS, copied)


def _moved(one: Answers, _: set[int]) -> Iterator[Finding]:
    """An index that means another image in another epoch."""
    if INDEX not in one.tables:
        return
    first, second, back = one.tables[INDEX].epochs
    if [row.digest for row in back] == [row.digest for row in first]:
        return
    counts = Counter(row.digest for row in first)
    was = {row.digest: row for row in first if counts[row.digest] == 1}
    moved = [(was[row.digest], row) for row in second if row.digest in was]
    moved = [(old, new) for old, new in moved if old.id != new.id]
    if not moved:
        return
    (old, new), to = moved[0], {old.id: new.id for old, new in moved}
    numbers = all(isinstance(each, int) for each in [*to, *to.values()])
    runs = numbers and sum(to.get(i + 1) == to[i] + 1 for i in to) > len(to) // 3
    text = (
        f"The image at {old.id!r} in one epoch is at {new.id!r} in the next, and {len(moved) - 1} "
        "others have moved as well: an index means no image. "
        + (
            "They have moved in runs, as files or shards do whose order is shuffled."
            if runs
            else "A list in the data set is shuffled in place."
        )
    )
    advice = "leave the data set as it is and shuffle indices: ba.Order(n, seed=, stream=)"
    pairs = Pairs((f"{INDEX}, epoch 0", "epoch 1"), [], moved)
    yield finding(6, one.part.name, text, advice, pairs)


def _worker_seeds(one: Answers, before: set[int]) -> Iterator[Finding]:
    alike = one.equal((TWO, 0), (TWO, 1))
    varies = one.differ((AS_IS, 0), (AS_IS, 1)) or one.differ((STAY, 0), (STAY, 1))
    if 1 in before or not one.part.varies or not varies or not alike:
        return
    text = (
        f"With workers that are started for each epoch all epochs are alike ({alike}); without "
        "workers, or with workers that stay, they are not. Each start seeds the workers as before."
    )
    if _repeats(one, ONE):
        text += " The workers of one epoch also repeat each other."
    advice = "seed by the epoch and the index, not in worker_init_fn; with bitaug leave it out"
    yield finding(2, one.part.name, text, advice, alike)


def _same_order(one: Answers, _: set[int]) -> Iterator[Finding]:
    table = one.tables.get("own order")
    if table is None or not one.part.varies or (table.cut and one.part.endless):
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
    text = (
        f"Both epochs begin {', '.join(map(str, first[:8]))} ...: shuffled, but alike, with "
        f"{'other' if pairs and pairs.differing else 'the same'} pixels. The sampler was not told "
        "the epoch."
    )
    advice = (
        "call sampler.set_epoch(epoch) before each epoch (and tell the audit: set_epoch=lambda "
        "loader, epoch: loader.sampler.set_epoch(epoch)); bitaug.torch.Sampler counts by itself"
    )
    yield finding(3, one.part.name, text, advice, pairs)


def _stale_epoch(one: Answers, _: set[int]) -> Iterator[Finding]:
    reached = one.equal((AS_IS, 1), (TWO, 1)) and one.differ((TWO, 0), (TWO, 1))
    stale = one.differ((TWO, 1), (STAY, 1))
    if reached and stale and one.equal((TWO, 0), (STAY, 0)):
        again = ": there epoch 1 is epoch 0 again" * bool(one.equal((STAY, 0), (STAY, 1)))
        text = (
            f"In epoch 1 {stale} come out otherwise where workers stay than where they are started "
            f"anew{again}. What is set on the data set after they have started does not reach them."
        )
        advice = "keep the epoch in shared memory, or send it with the index, as bitaug.torch does"
        yield finding(4, one.part.name, text, advice, stale)


def _by_worker(one: Answers, _: set[int]) -> Iterator[Finding]:
    pairs = one.differ((TWO, 0), (THREE, 0))
    agree = one.equal((TWO, 0), (TWO_AGAIN, 0))
    if pairs and agree and not _repeats(one, ONE):
        text = (
            f"2 workers agree with 2 workers, but not with 3: {pairs} differ. The worker's number, "
            "or what it did before, enters the draws."
        )
        yield finding(5, one.part.name, text, ADDRESS, pairs)


def _stream(one: Answers, before: set[int]) -> Iterator[Finding]:
    """Draws that depend on what was drawn before: the first probe that shows it."""
    if 6 in before:
        return
    seeded = one.equal((SEEDED, 0), (SEEDED_AGAIN, 0))
    advice = ADDRESS
    if pairs := one.differ((TWICE, 0), (TWICE, 1)):
        text = f"Asking for {pairs} twice gives other images. "
        if one.equal((RESEEDED, 0), (RESEEDED, 1)):
            text += (
                "Set anew before each, the global generators make them alike: the draws come from "
                "there. A run that is resumed, or draws anything more, sees other images."
            )
        elif not one.equal((COPY, 0), (COPY, 1)):
            text += "Not even seeding the global generators makes them alike."
        elif before & {1, 2, 5}:
            return
        else:
            text += "The draws come from a generator that is kept in the data set."
    elif 1 in before:
        return
    elif (pairs := one.differ((AS_IS, 0), (AGAIN, 0))) and not _fixed(one):
        text = f"Two passes asked for alike differ: {pairs}. " + (
            "With the global generators seeded they do not: the draws come from there."
            if seeded
            else "Not even seeding the global generators makes them alike."
        )
    elif one.part.torch and (pairs := _unsteady_workers(one)):
        text = f"With 2 workers, and only with them, two passes asked for alike differ: {pairs}."
    elif seeded and (pairs := one.differ((SEEDED, 1), ("seeded at epoch 1", 0))):
        text = (
            f"Epoch 1 asked for at once differs from epoch 1 after epoch 0: {pairs}. A run that is "
            "resumed there sees others."
        )
    elif pairs := _resumed(one):
        text = "Broken off and resumed by its state, the loader goes on with other samples."
        advice = "bitaug.torch.DataLoader.state_dict counts what was handed out"
    else:
        return
    yield finding(6, one.part.name, text, advice, pairs)


def _resumed(one: Answers) -> Pairs | None:
    if "resumed" not in one.tables:
        return None
    whole, rest = one.tables["resumed"].epochs
    if [row.digest for row in whole] == [row.digest for row in rest]:
        return None
    both = itertools.zip_longest(whole, rest)
    return Pairs(("not broken off", "resumed"), [(a, b) for a, b in both if a and b], [])


def _unsteady_workers(one: Answers) -> Pairs | None:
    """Where passes differ with workers, and only with them."""
    steady = one.equal((AS_IS, 0), (AGAIN, 0))
    return one.differ((TWO, 0), (TWO_AGAIN, 0)) if steady else None


def _batch(one: Answers, _: set[int]) -> Iterator[Finding]:
    pairs = one.differ((SEEDED, 0), ("seeded with other batches", 0))
    # What is padded to the largest of a batch has another shape.
    drawn = pairs and any(a.shape == b.shape for a, b in pairs.differing)
    if pairs and drawn and one.equal((SEEDED, 0), (SEEDED_AGAIN, 0)):
        text = (
            f"With another batch size, and all else alike, {pairs} differ: something is drawn for "
            "a batch, not for a sample."
        )
        advice = "draw for each sample, before samples become batches; bitaug never draws otherwise"
        yield finding(7, one.part.name, text, advice, pairs)


def _race(one: Answers, _: set[int]) -> Iterator[Finding]:
    pairs = None
    if one.equal((SEEDED, 0), (SEEDED_AGAIN, 0)):
        many = "seeded with 4 calls at once"
        pairs = one.differ((many, 0), (f"{many} (again)", 0)) or one.differ((SEEDED, 0), (many, 0))
    # Workers of torch are processes, which have nothing in common to draw from.
    if pairs is None and not one.part.torch:
        pairs = _unsteady_workers(one)
    if pairs:
        text = (
            f"One call after the other, two passes agree; with several at once {pairs} differ: "
            "which call draws first is a matter of chance."
        )
        advice = "draw by index within the mapped function, not from a generator that calls share"
        yield finding(8, one.part.name, text, advice, pairs)


def _fixed(one: Answers) -> bool:
    """Whether a loader gives the same epoch again and again, and made anew it gives another."""
    if not one.part.varies or not one.equal((AS_IS, 0), (AS_IS, 1)):
        return False
    if one.tables[AS_IS].cut and one.part.endless:
        return False
    if one.differ((TWO, 0), (TWO, 1)) or one.differ((TWICE, 0), (TWICE, 1)):
        return False
    other = one.differ((AS_IS, 0), (AGAIN, 0)) or one.differ((AS_IS, 0), ("another seed", 0))
    return one.settings.augmented or bool(one.part.fresh and other)


def _kept(one: Answers, _: set[int]) -> Iterator[Finding]:
    if not _fixed(one):
        return
    if one.part.fresh and one.differ((AS_IS, 0), (AGAIN, 0)):
        but = "a loader made anew has others"
    elif one.part.fresh and one.differ((AS_IS, 0), ("another seed", 0)):
        but = "another seed gives others"
    else:
        but = "they are meant to be augmented"
    text = (
        f"All epochs have the same images, but {but}: the draws are made once, before a cache or "
        "where the data set is made, or start from the same seed in each epoch."
    )
    advice = "cache first, then augment; and let the epoch enter, as bitaug's address does"
    yield finding(9, one.part.name, text, advice, one.equal((AS_IS, 0), (AS_IS, 1)))


def _each_worker_all(one: Answers, _: set[int]) -> Iterator[Finding]:
    """A stream that its workers do not share out."""
    alone, two = one.tables.get(AS_IS), one.tables.get(TWO)
    if alone is None or two is None or alone.cut:
        return
    if two.cut or len(two.epochs[0]) > len(alone.epochs[0]):
        text = (
            f"An epoch has {len(alone.epochs[0])} samples without workers and more with 2: each "
            "worker gives all of them."
        )
        advice = "share them out by get_worker_info(), or use bitaug.torch.Iterable"
        yield Finding(11, one.part.name, text, advice, (AS_IS, TWO))


def _ranks(one: Answers, _: set[int]) -> Iterator[Finding]:
    if not one.ranks or None in one.ranks[1][0]:
        return
    there = len(set(one.ranks[1][0]))
    for world in (2, 3):
        given = [id for rank in one.ranks[world] for id in rank]
        more = [id for id, count in Counter(given).items() if count > 1]
        if more:
            text = (
                f"{world} ranks are given {len(given)} samples of {there}: "
                f"{', '.join(map(repr, more[:SHOWN]))} to more than one. In validation they count "
                "twice."
            )
            advice = 'pad nothing: bitaug.torch.Sampler(order, size, remainder="keep") or "drop"'
            yield Finding(11, one.part.name, text, advice, ("ranks",), tuple(more[:SHOWN]))
            return
