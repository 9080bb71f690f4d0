"""Each pattern's cause is named, and no other; sound loaders are left in peace."""

import pytest

import bitaug as ba
import bitaug.torch as bt

from . import audit_patterns as patterns
from .common import AT, PIPELINE

# One start method, as each worker that is not forked imports torch.
QUICK = {"start_methods": ("fork",), "timeout": 30}

WRONG = [
    (patterns.make_generator, {}, {1}),
    (patterns.Generator(), {}, {1}),
    (patterns.make_seeded_alike, {}, {2, 6}),
    (patterns.make_seeded_by_number, {}, {2, 5}),
    (patterns.make_forgotten, {}, {3}),
    (patterns.make_told, {}, {4}),
    (patterns.make_scheduled, {}, {4}),
    (patterns.make_by_worker, {}, {5}),
    (patterns.make_seeded_globally, {}, {5, 6}),
    (patterns.Global(), {}, {6}),
    (patterns.make_global, {}, {6}),
    (patterns.Entropy(), {}, {6}),
    (patterns.Shuffled(), {}, {6}),
    (patterns.Shards(), {}, {6}),
    (patterns.make_flipped_batches, {}, {7}),
    (patterns.InInit, {}, {9}),
    (patterns.Cached, {}, {9}),
    (patterns.OneSeed, {}, {9}),
    (patterns.make_ranks, {}, {11}),
    (patterns.make_everything, {}, {11}),
    (patterns.MadeOnce(), {}, {0}),
    (patterns.Broken(), {}, {0}),
    (patterns.Photos(), {"augmented": True}, {9}),
]


@pytest.mark.parametrize(("given", "options", "causes"), WRONG)
def test_cause(given, options, causes):
    found = ba.audit(given, **options, **QUICK)
    assert set(found.causes) == causes, str(found)


SOUND = [
    (patterns.Photos(), {}),
    (patterns.make_shuffled, {}),
    (patterns.make_shuffled(), {}),
    (patterns.make_distributed, {"set_epoch": patterns.tell_sampler}),
    (patterns.Normalised(), {}),
    (patterns.ByEpoch(), {}),
    (patterns.make_bitaug, {}),
    (patterns.make_bitaug(), {}),
    (patterns.make_bitaug_batches, {}),
    (bt.Augmented(patterns.Photos(), PIPELINE, **AT), {}),
]


@pytest.mark.parametrize(("given", "options"), SOUND)
def test_sound(given, options):
    found = ba.audit(given, **options, **QUICK)
    assert not found, str(found)
