"""The transform= slot, and the look for shared draws."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, random_split
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

import bitaug as ba
import bitaug.torch as bt

from .. import WATCHDOG
from ..loaders.samples import AT, PIPELINE, digest, photos
from .common import Photos, augmented, order

NAMES = [*(f"{i}.png" for i in range(6)), "ä.png"]


@pytest.fixture
def root(tmp_path):
    """Two classes; image i and its name are everywhere the same but for the last two, which are
    equal images. One name is in NFD, as macOS writes it."""
    images = photos(7)
    for i, name in enumerate(NAMES):
        folder = tmp_path / "ab"[i % 2]
        folder.mkdir(exist_ok=True)
        Image.fromarray(images[min(i, 5)]).save(folder / unicodedata.normalize("NFD", name))
    return tmp_path


def by_key(root, epoch):
    """What the pipeline makes of each file by its key, class by class."""
    made = []
    for key in sorted(f"{'ab'[i % 2]}/{name}" for i, name in enumerate(NAMES)):
        image = np.asarray(Image.open(root / unicodedata.normalize("NFD", key)))
        made.append(ba.digest(PIPELINE(image, **AT, epoch=epoch, index=key)))
    return made


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_keyed(root, method):
    slot = bt.Keyed(PIPELINE, **AT)
    dataset = ImageFolder(root, loader=bt.KeyedLoader(root), transform=slot)
    loader = DataLoader(
        dataset, batch_size=3, num_workers=2, multiprocessing_context=method,
        persistent_workers=True, timeout=WATCHDOG,
    )  # fmt: skip
    for epoch in (0, 3):
        slot.set_epoch(epoch)
        made = [digest(image) for images, _ in loader for image in images]
        assert made == by_key(root, epoch)


def test_keys_do_not_depend_on_how_the_root_is_written(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    wanted = unicodedata.normalize("NFC", "a/ä.png")
    for given in (root, str(root), root.name, f"./{root.name}/"):
        for file in (root / "a" / unicodedata.normalize("NFD", "ä.png"), f"{root.name}/a/ä.png"):
            assert bt.KeyedLoader(given).key(file) == wanted
    with pytest.raises(ValueError, match=r"x\.png"):
        bt.KeyedLoader(root).key("/elsewhere/x.png")


def test_the_key_survives_other_transforms(root):
    loader = bt.KeyedLoader(root, loader=Image.open)
    image = loader(root / "a" / "0.png")
    changed = image.convert("RGB").resize((40, 40)).crop((0, 0, 30, 30))
    made = v2.Compose([v2.Identity(), bt.Keyed(PIPELINE, **AT)])(changed)
    wanted = PIPELINE(np.asarray(changed), **AT, epoch=0, index="a/0.png")
    assert digest(made) == ba.digest(wanted)


def test_an_image_without_a_key_is_refused():
    for image in (Image.fromarray(photos()[0]), photos()[0]):
        with pytest.raises(ValueError, match=r"loader=KeyedLoader\(root\), or use ContentKeyed"):
            bt.Keyed(PIPELINE, **AT)(image)


def test_content_keyed(root):
    """Equal images get equal draws; what holds the image does not matter."""
    slot = bt.ContentKeyed(PIPELINE, **AT)
    slot.set_epoch(2)
    dataset = ImageFolder(root, transform=slot)
    files = [unicodedata.normalize("NFC", Path(path).name) for path, _ in dataset.samples]
    made = dict(zip(files, (digest(image) for image, _ in dataset), strict=True))
    assert made["5.png"] == made["ä.png"]
    assert len(set(made.values())) == len(made) - 1 == 6
    image = photos()[0]
    wanted = PIPELINE(image, **AT, epoch=2, index=ba.digest(image))
    for held in (image, Image.fromarray(image), torch.from_numpy(image.transpose(2, 0, 1).copy())):
        assert digest(slot(held)) == ba.digest(wanted)


def test_a_broken_file_is_named(root):
    (root / "a" / "z.png").write_text("no image")
    with pytest.raises(OSError, match=r"a/z\.png: it cannot be read: no image that Pillow knows"):
        bt.KeyedLoader(root)(root / "a" / "z.png")
    with pytest.raises(OSError, match="cannot identify") as caught:
        bt.KeyedLoader(root, loader=Image.open)(root / "a" / "z.png")
    assert caught.value.__notes__ == [f"at index 'a/z.png', {root / 'a' / 'z.png'}"]


@pytest.mark.parametrize("kind", [bt.Keyed, bt.ContentKeyed])
def test_slots_check_their_arguments(kind):
    with pytest.raises(TypeError, match="stream"):
        kind(PIPELINE, seed=1)
    with pytest.raises(TypeError, match=r"ba\.random\.label\('x'\)"):
        kind(PIPELINE, seed="x", stream="train")


def test_check_names_who_shares_draws():
    halves = random_split(Photos(), [12, 10])
    train, val = (bt.Augmented(half, PIPELINE, **AT) for half in halves)
    text = "train and val share seed=42, stream='train' and 10 indices: give each its own stream"
    assert bt.check(train=train, val=val) == [text]
    assert bt.check(train=DataLoader(train), val=DataLoader(val, num_workers=1)) == [text]
    whole = bt.Iterable(Photos(), PIPELINE, order(), 4, **AT)
    assert len(bt.check(train=train, whole=whole, val=val)) == 3
    assert bt.check(train=train, again=DataLoader(train)) == []


@pytest.mark.parametrize("changed", [{"stream": "val"}, {"seed": 43}])
def test_check_passes_what_is_independent(changed):
    assert bt.check(a=augmented(), b=bt.Augmented(Photos(), PIPELINE, **AT | changed)) == []


def test_check_looks_at_the_indices():
    halves = random_split(Photos(), [12, 10])
    train, val = (bt.Augmented(half, PIPELINE, **AT, index=half.indices) for half in halves)
    assert bt.check(train=train, val=val) == []
    names = bt.Augmented(Photos(), PIPELINE, **AT, index=[f"{i}.png" for i in range(22)])
    assert bt.check(names=names, val=val) == []
    assert len(bt.check(names=names, val=val, more=augmented())) == 1


def test_check_refuses_what_it_cannot_see():
    with pytest.raises(TypeError, match="val: no Augmented or Iterable in it"):
        bt.check(train=augmented(), val=DataLoader(Photos()))
