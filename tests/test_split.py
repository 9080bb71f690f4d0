"""Splits: near their fractions, and no key ever moves because of another."""

import random
from fractions import Fraction

import numpy as np
import pytest

import bitaug as ba
from bitaug._order.split import _limits
from tests.reference.order import part, split_number

PARTS = {"train": 0.8, "val": 0.1, "test": 0.1}
NAMES = [f"photos/{i:05}.png" for i in range(10_000)]


def part_of(parts):
    return {key: name for name, keys in parts.items() for key in keys}


@pytest.mark.parametrize(
    ("fractions", "exact"),
    [
        (PARTS, [Fraction(8, 10), Fraction(1, 10), Fraction(1, 10)]),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, [Fraction(1, 3)] * 3),
        ({"a": 0, "b": 0.25, "c": 0.0, "d": Fraction(3, 4), "e": 0}, [0, 1, 0, 3, 0]),
        ({"all": 1}, [1]),
        ({"all": 1.0, "none": 0.0}, [1, 0]),
        ({"a": np.float64(0.3), "b": np.float32(0.5), "c": 0.2}, [3, 5, 2]),
    ],
)
def test_a_split_is_the_twins(fractions, exact):
    shares = dict(zip(fractions, (Fraction(share) / sum(exact) for share in exact), strict=True))
    keys = [*NAMES[:200], *range(200), 2**64 - 1, "été", ""]
    for seed, stream in (7, "split"), (2**64 - 1, "été"):
        expected = {name: [] for name in fractions}
        for key in keys:
            expected[part(split_number(seed, stream, key), shares)].append(key)
        parts = ba.split(keys, fractions, seed=seed, stream=stream)
        assert parts == expected and [*parts] == [*fractions]


def test_limits_are_exact():
    for fractions, exact in [
        (PARTS, [2**64 * 8 // 10, 2**64 * 9 // 10]),
        ({"a": 0.1, "b": 0.2, "c": 0.7}, [2**64 // 10, 2**64 * 3 // 10]),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, [2**64 // 3, 2**65 // 3]),
    ]:
        assert _limits(fractions)[1].tolist() == exact


def test_an_integer_goes_in_as_it_is():
    assert split_number(7, "split", 5) == ba.random.fold(
        ba.random.fold(7, ba.random.label("split"), 1), 5, 8
    )
    one, other = (part_of(ba.split(keys, PARTS, seed=7)) for keys in (range(100), NAMES[:100]))
    assert list(one.values()) != list(other.values())


def test_fractions_are_near():
    """Within five standard deviations, for names as for small integers."""
    for keys in NAMES, range(10_000):
        for seed in range(5):
            for name, found in ba.split(keys, PARTS, seed=seed).items():
                share = PARTS[name]
                assert abs(len(found) - 10_000 * share) < 5 * (10_000 * share * (1 - share)) ** 0.5


def test_seeds_and_streams_are_independent():
    """A key of one split's validation set is in another's with the same 10%."""
    splits = [set(ba.split(NAMES, PARTS, seed=seed)["val"]) for seed in range(4)]
    splits += [set(ba.split(NAMES, PARTS, seed=0, stream=s)["val"]) for s in ("b", "c")]
    for i, a in enumerate(splits):
        for b in splits[:i]:
            assert abs(len(a & b) - 100) < 5 * 100**0.5


def test_adding_files_never_moves_one():
    half = part_of(ba.split(NAMES[::2], PARTS, seed=7))
    whole = part_of(ba.split(NAMES, PARTS, seed=7))
    assert half.items() <= whole.items() and whole.keys() == set(NAMES)


def test_the_order_given_is_kept_and_decides_nothing():
    shuffled = random.Random(1).sample(NAMES, len(NAMES))
    parts, again = (ba.split(keys, PARTS, seed=7) for keys in (NAMES, shuffled))
    for name in PARTS:
        assert parts[name] == sorted(parts[name]) == sorted(again[name])
        members = set(again[name])
        assert again[name] == [key for key in shuffled if key in members]


def test_a_larger_part_takes_from_the_next_alone():
    small = part_of(ba.split(NAMES, PARTS, seed=7))
    large = part_of(ba.split(NAMES, {"train": 0.85, "val": 0.05, "test": 0.1}, seed=7))
    assert {(small[key], large[key]) for key in NAMES if small[key] != large[key]} == {
        ("val", "train")
    }


def test_groups_stay_together():
    patients = [f"p{i % 500}" for i in range(len(NAMES))]
    by_list = ba.split(NAMES, PARTS, seed=7, group=patients)
    by_call = ba.split(NAMES, PARTS, seed=7, group=dict(zip(NAMES, patients, strict=True)).get)
    assert by_list == by_call == ba.split(NAMES, PARTS, seed=7, group=np.array(patients))
    where = part_of(by_list)
    together = {
        patient: {where[key] for key in NAMES[i::500]} for i, patient in enumerate(patients[:500])
    }
    assert all(len(parts) == 1 for parts in together.values())
    # A group is where a key of its name would be.
    assert {p: parts.pop() for p, parts in together.items()} == part_of(
        ba.split(patients[:500], PARTS, seed=7)
    )


def test_arrays_of_keys():
    for keys in np.arange(50, dtype=np.uint16), np.array(NAMES[:50]):
        assert ba.split(keys, PARTS, seed=7) == ba.split(keys.tolist(), PARTS, seed=7)
    assert ba.split([], PARTS, seed=7) == {"train": [], "val": [], "test": []}


@pytest.mark.parametrize(
    ("kind", "message", "arguments"),
    [
        (ValueError, "keys[3]='b': keys[1] is the same", {"keys": [*"abcbb"]}),
        (ValueError, "keys[1]=-1: 0 to 18446744073709551615", {"keys": [1, -1]}),
        (TypeError, "keys[1]=2.5: a str or an integer is needed", {"keys": ["a", 2.5]}),
        (TypeError, "keys[0]=True: a str or an integer is needed", {"keys": [True]}),
        (TypeError, "keys[0]=array(3): a str or an integer is needed", {"keys": [np.array(3)]}),
        (TypeError, "keys='abc': a sequence of str or integers is needed", {"keys": "abc"}),
        (TypeError, "keys={'a'}: a sequence of str or integers is needed", {"keys": {"a"}}),
        (
            ValueError,
            "keys[1]='\\udcff': a str that UTF-8 can hold is needed",
            {"keys": ["a", "\udcff"]},
        ),
        (ValueError, "group: 2 for 3 keys", {"group": [1, 2]}),
        (TypeError, "group[0]=None: a str or an integer is needed", {"group": [None] * 3}),
        (TypeError, "group=5: a sequence of str or integers is needed", {"group": 5}),
        (
            ValueError,
            "fractions={'a': 0.5, 'b': 0.4}: the sum is 0.9; 1 is needed",
            {"fractions": {"a": 0.5, "b": 0.4}},
        ),
        (ValueError, "fractions={}: the sum is 0.0; 1 is needed", {"fractions": {}}),
        (ValueError, "fractions: a=-0.5: 0 to 1", {"fractions": {"a": -0.5, "b": 1.5}}),
        (ValueError, "fractions: a=nan: 0 to 1", {"fractions": {"a": float("nan")}}),
        (TypeError, "fractions: a='1': a number is needed", {"fractions": {"a": "1"}}),
        (TypeError, "fractions: part=1: a str is needed", {"fractions": {1: 1.0}}),
        (
            TypeError,
            "fractions=[1.0]: a dict is needed, of each part's fraction",
            {"fractions": [1.0]},
        ),
        (ValueError, "seed=-1: 0 to 18446744073709551615", {"seed": -1}),
        (TypeError, "seed=None: an integer is needed", {"seed": None}),
        (TypeError, "stream=1: a str is needed", {"stream": 1}),
        (ValueError, "stream='\\udcff': a str that UTF-8 can hold is needed", {"stream": "\udcff"}),
    ],
)
def test_refused(kind, message, arguments):
    with pytest.raises(kind) as error:
        ba.split(**{"keys": [*"abc"], "fractions": PARTS, "seed": 1} | arguments)
    assert type(error.value) is kind and str(error.value) == message
