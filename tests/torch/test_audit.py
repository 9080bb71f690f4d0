"""Each pattern's cause is named, and no other; sound loaders are left in peace."""

import multiprocessing
import time

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Subset
from torchdata.stateful_dataloader import StatefulDataLoader
from torchvision.datasets import ImageFolder

import bitaug as ba
import bitaug.torch as bt

from .. import WATCHDOG
from ..loaders.samples import AT, PIPELINE, photos
from . import audit_patterns as patterns

# One start method, as each worker that is not forked imports torch.
QUICK = {"start_methods": ("fork",), "timeout": WATCHDOG}

WRONG = [
    (patterns.make_generator, {}, {1}),
    (patterns.Generator(), {}, {1}),
    (patterns.loader(patterns.Photos(), collate_fn=patterns.Collate()), {}, {1}),
    (patterns.make_seeded_alike, {}, {2, 6}),
    (patterns.make_seeded_by_number, {}, {2, 5}),
    (patterns.make_forgotten, {}, {3}),
    (patterns.make_told, {}, {4}),
    (patterns.make_scheduled, {}, {4}),
    (patterns.make_by_worker, {}, {5}),
    (patterns.make_seeded_globally, {}, {5, 6}),
    (patterns.make_by_recipe, {}, {5, 6}),
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
    (patterns.Lambda(), {}),
    (patterns.Sizes(), {}),
    (patterns.make_padded, {}),
    (patterns.make_bitaug, {}),
    (patterns.make_bitaug(), {}),
    (patterns.make_bitaug_batches, {}),
    (bt.Augmented(patterns.Photos(), PIPELINE, **AT), {}),
]


@pytest.mark.parametrize(("given", "options"), SOUND)
def test_sound(given, options):
    found = ba.audit(given, **options, **QUICK)
    assert not found, str(found)


def test_all_start_methods():
    found = ba.audit(patterns.make_bitaug, timeout=WATCHDOG)
    assert not found, str(found)
    asked = {probe.name for probe in found.probes if probe.asked}
    assert {f"2 workers by {name}" for name in ("fork", "spawn", "forkserver")} <= asked
    assert {"2 workers that stay", "resumed", "ranks", "own order"} <= asked


def test_what_cannot_be_sent_is_not_asked():
    found = ba.audit(patterns.Lambda(), start_methods=("spawn",))
    (probe,) = [probe for probe in found.probes if probe.name == "2 workers by spawn"]
    assert not found and not probe.asked and "cannot be started" in probe.reason


def test_subsets_of_what_augments():
    found = ba.audit(**patterns.subsets(), **QUICK)
    assert found.causes == (6, 10), str(found)


def test_samplers_that_share_a_data_set():
    found = ba.audit(**patterns.samplers(), **QUICK)
    assert not found, str(found)


def test_one_compose_and_one_seed():
    found = ba.audit(train=patterns.make_composed, val=patterns.make_composed, **QUICK)
    assert set(found.causes) == {5, 6, 11}, str(found)
    (shared,) = [finding for finding in found if finding.cause == 11]
    assert "22 images are in both, of the first 22 and 22" in shared.text


def test_the_same_files_in_two_folders(tmp_path):
    """They are known by their content, as training is augmented."""
    for name, numbers in (("train", range(9)), ("val", range(6, 12))):
        for i in numbers:
            file = tmp_path / name / "ab"[i % 2] / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(photos(12)[i]).save(file)
    train = ImageFolder(tmp_path / "train", transform=bt.ContentKeyed(PIPELINE, **AT))
    found = ba.audit(train=train, val=ImageFolder(tmp_path / "val"), **QUICK)
    assert found.causes == (11,), str(found)
    assert "3 files are in both, of the first 9 and 6" in found.findings[0].text


def test_bitaug_beside_bitaug():
    """Validation may draw, if each pass has the same draws; and share what does not augment."""
    whole = patterns.Photos()
    parts = {
        stream: bt.Augmented(Subset(whole, part), PIPELINE, seed=1, stream=stream)
        for stream, part in (("train", range(12)), ("val", range(12, 22)))
    }
    found = ba.audit(**parts, augmented=True, **QUICK)
    assert not found, str(found)


def test_two_streams_over_the_same_images():
    """What leaks is named even so: the files are the same, if the draws are not."""
    flip = ba.HorizontalFlip()
    parts = {
        stream: bt.Augmented(patterns.Photos(), flip, seed=1, stream=stream)
        for stream in ("train", "val")
    }
    assert ba.audit(**parts, **QUICK).causes == (11,)


def workers_have_ended():
    deadline = time.monotonic() + WATCHDOG
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not multiprocessing.active_children()


def test_workers_that_fail():
    found = ba.audit(patterns.Failing(), **QUICK)
    (finding,) = found
    assert finding.cause == 0 and "OSError: too many open files" in finding.text
    assert "2 workers" in finding.probes and "as it is" not in finding.probes
    assert workers_have_ended()


def test_workers_that_hang():
    # From then on torch raises where it hears that a worker was killed.
    list(DataLoader(patterns.Photos(), num_workers=1, multiprocessing_context="fork"))
    start = time.monotonic()
    found = ba.audit(patterns.Hanging(), start_methods=("fork",), timeout=8)
    assert time.monotonic() - start < WATCHDOG
    (finding,) = found
    assert "no answer within 8 s" in finding.text and finding.probes == ("2 workers",)
    reasons = [probe.reason for probe in found.probes if probe.name == "3 workers"]
    assert reasons == ["2 workers hung before"]
    assert workers_have_ended()


def test_a_loader_stays_as_it_was():
    given = patterns.make_shuffled()
    sampler, state = given.batch_sampler, torch.get_rng_state()
    ba.audit(given, **QUICK)
    assert given.batch_sampler is sampler and (torch.get_rng_state() == state).all()


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")
def test_a_loader_of_torchdata():
    given = StatefulDataLoader(patterns.Photos(), 4, shuffle=True)
    assert not ba.audit(given, **QUICK)
