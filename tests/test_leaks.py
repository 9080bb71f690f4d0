"""Leaks: what is found, what is not, and how it is told."""

import io
import itertools
import math
import os
import random
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug import _cli
from bitaug._diagnose.leaks import pairs as _leaks

PHOTOS = sorted((Path(__file__).parent.parent / "demo" / "photos").glob("*.png"))


def photo(i):
    return Image.open(PHOTOS[i]).convert("RGB")


def crops():
    """Four parts of each photo that do not overlap."""
    found = []
    for i in range(len(PHOTOS)):
        width, height = photo(i).size
        for y, x in itertools.product(range(2), range(2)):
            box = (width * x // 2, height * y // 2, width * (x + 1) // 2, height * (y + 1) // 2)
            found.append(photo(i).crop(box))
    return found


def noise(count, seed=0, side=8):
    """Images that no one would mix up: coarse random blocks."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    return list(np.kron(blocks, np.ones((1, side, side, 1), np.uint8)))


def size(path):
    with Image.open(path) as image:
        return image.size


def jpeg(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def resized(image, width, height, how="BICUBIC"):
    return image.resize((round(width), round(height)), Image.Resampling[how])


def curve(image, slope, offset):
    return image.point(lambda value: slope * value + offset)


COPIES = {
    **{f"JPEG {q}": lambda image, q=q: jpeg(image, q) for q in (50, 75, 95)},
    **{
        f"{part} of the size": lambda image, k=part: resized(
            image, k * image.width, k * image.height
        )
        for part in (0.5, 0.75, 1.5, 2)
    },
    "a square": lambda image: resized(image, 224, 224, "BILINEAR"),
    "another aspect": lambda image: resized(image, image.width, 1.7 * image.height),
    "brighter": lambda image: curve(image, 1, 10),
    "darker": lambda image: curve(image, 1, -10),
    "more contrast": lambda image: curve(image, 1.1, -12),
    "less contrast": lambda image: curve(image, 0.9, 12),
    "gray": lambda image: image.convert("L"),
    "half the size, JPEG 75": lambda image: jpeg(
        resized(image, image.width / 2, image.height / 2), 75
    ),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_found(how):
    """All of them at the default distance, and nothing else."""
    train = crops()
    found = ba.leaks(train=train, val=[COPIES[how](image) for image in train])
    assert [(pair.i, pair.j) for pair in found] == [(i, i) for i in range(len(train))]
    assert {pair.kind for pair in found} <= {"near", "same content"}
    assert all(0 <= pair.distance <= 6 for pair in found)


def test_a_wider_distance_finds_worse_copies():
    train = crops()
    val = [jpeg(image, 30) for image in train]
    by_default, wide = ba.leaks(train, val), ba.leaks(train, val, distance=10)
    assert set(by_default) < set(wide)
    assert [(pair.i, pair.j) for pair in wide] == [(i, i) for i in range(len(train))]


def test_different_images_are_far_apart():
    assert not ba.leaks(crops())
    assert not ba.leaks(noise(200), noise(200, seed=1))
    # There is room between what is found by default and the nearest of these.
    assert not ba.leaks(crops(), distance=10)
    assert ba.leaks(crops(), distance=32)


def plain_hash(image):
    """By the definition, in Python's own integers."""
    small = ba.Resize(height=32, width=32)(image, seed=0, epoch=0, index=0).tolist()
    gray = [[(19595 * r + 38470 * g + 7471 * b) * 256 >> 16 for r, g, b in row] for row in small]
    if max(map(max, gray)) - min(map(min, gray)) < 8 * 256:
        return None
    cosine = [
        [round(math.cos(math.pi * k * (2 * n + 1) / 64) * 2**14) for n in range(32)]
        for k in range(11)
    ]
    bits, pairs = 0, [(u, s - u) for s in range(1, 11) for u in range(s + 1)]
    for bit, (u, v) in enumerate(pairs[:64]):
        wave = sum(
            cosine[u][y] * sum(gray[y][x] * cosine[v][x] for x in range(32)) for y in range(32)
        )
        bits |= (wave > 0) << bit
    return bits


def test_the_hash_is_the_twins():
    images = [np.asarray(image) for image in crops()[::5]] + noise(3)
    # Every other frequency of what is symmetric is 0 exactly.
    images += [np.hstack([image, image[:, ::-1]]) for image in noise(2, seed=4)]
    images += [np.full((9, 9, 3), 7, np.uint8), np.eye(9, dtype=np.uint8)[..., None] * [7, 8, 9]]
    for image in images:
        image = image.astype(np.uint8)
        small = ba.Resize(height=32, width=32)(image, seed=0, epoch=0, index=0)
        assert _leaks._hash(small) == plain_hash(image)


def test_published_hashes():
    """They may be stored, and compared on another machine."""
    hashes = []
    for i in range(len(PHOTOS)):
        small = ba.Resize(height=32, width=32)(np.asarray(photo(i)), seed=0, epoch=0, index=0)
        hashes.append(f"{_leaks._hash(small):016x}")
    assert hashes == [
        "1fb61d4fb5d81483",
        "e1e4ac79bc249cbc",
        "6bffa2d018960a26",
        "61dfed8166535441",
    ]


def test_types_and_layouts():
    base = [np.asarray(image) for image in crops()[::4]]
    same = list(range(len(base)))

    def places(*sets, **options):
        return [(pair.i, pair.j) for pair in ba.leaks(*sets, **options)]

    doubles = [(i, i) for i in same]
    assert places(base, [image.astype(np.uint16) * 257 for image in base]) == doubles
    assert places(base, [np.float32(image) / 255 for image in base]) == doubles
    assert places(base, [np.dstack([image, image[..., :1]]) for image in base]) == doubles
    # Pairs of pixels, so that planes first and last make equal arrays.
    square = [ba.Resize(height=64, width=64)(i, seed=0, epoch=0, index=0) for i in base]
    planar = np.moveaxis(np.stack(square), -1, 1)
    found = ba.leaks(planar, layout="NCHW")
    assert not found
    assert places(list(planar), list(planar[::-1]), layout="CHW") == [
        (i, len(base) - 1 - i) for i in same
    ]
    gray = np.stack(square)[..., 0]
    found = ba.leaks(gray, list(gray), layout="NHW")
    assert [pair.kind for pair in found] == ["same content"] * len(base)
    found = ba.leaks(list(gray), list(gray[..., None]))
    assert [pair.kind for pair in found] == ["same content"] * len(base)


def test_data_sets():
    class Dataset:
        def __init__(self, samples):
            self.samples = samples

        def __len__(self):
            return len(self.samples)

        def __getitem__(self, i):
            return self.samples[i]

    images = noise(5)
    labelled = Dataset([(image, 7) for image in images[:3]])
    pillow = Dataset([{"label": 1, "image": Image.fromarray(image)} for image in images[2:]])
    assert list(ba.leaks(labelled, pillow)) == [(2, 0, "same content", 0)]


def test_files(tmp_path):
    train, val = tmp_path / "train", tmp_path / "val"
    (train / "a").mkdir(parents=True)
    val.mkdir()
    images = [Image.fromarray(image) for image in noise(9)]
    for i, image in enumerate(images[:6]):
        image.save(train / "a" / f"{i}.png")
    (val / "0 link.png").symlink_to(train / "a" / "0.png")
    os.link(train / "a" / "1.png", val / "1 hard link.png")
    shutil.copy(train / "a" / "2.png", val / "2 copy.png")
    images[3].save(val / "3 again.bmp")
    resized(images[4], 100, 50).save(val / "4 near.jpg", quality=80)
    images[8].save(val / "8.png")
    found = ba.leaks(train, str(val))
    assert [pair[:3] for pair in found] == [
        (0, 0, "same file"),
        (1, 1, "same file"),
        (2, 2, "same content"),
        (3, 3, "same content"),
        (4, 4, "near"),
    ]
    assert found.names(found[1]) == (str(train / "a" / "1.png"), str(val / "1 hard link.png"))
    assert str(found).splitlines()[0] == (
        "5 of the 6 images in val are also among the 6 in train: "
        "2 same file, 2 same content, 1 near"
    )
    assert str(found).splitlines()[2] == (
        f"same file\t0\t{train / 'a' / '1.png'}\t{val / '1 hard link.png'}"
    )
    # A folder that is a link to the other.
    (tmp_path / "linked").symlink_to(train, target_is_directory=True)
    found = ba.leaks(train, tmp_path / "linked")
    assert [tuple(pair) for pair in found] == [(i, i, "same file", 0) for i in range(6)]
    # Lists of files, and one file twice in a list.
    files = sorted(train.rglob("*.png"))
    assert list(ba.leaks(files[:3], files[3:])) == []
    found = ba.leaks([*map(str, files), str(files[2])])
    assert list(found) == [(2, 6, "same file", 0)]
    # Files against what is in memory.
    assert list(ba.leaks(files, images[5:])) == [(5, 0, "same content", 0)]


def test_one_set():
    images = noise(6)
    near = ba.Resize(height=50, width=77)(images[1], seed=0, epoch=0, index=0)
    found = ba.leaks([*images, near, images[4], images[4].copy(), images[1]])
    assert [pair[:3] for pair in found] == [
        (1, 6, "near"),
        (1, 9, "same content"),
        (4, 7, "same content"),
        (4, 8, "same content"),
    ]
    assert found.summary() == "6 of 10 images have a counterpart: 3 same content, 1 near"
    assert found.names(found[0]) == ("images[1]", "images[6]")


def coded(monkeypatch):
    """Makes an image's hash what its first eight values spell, None for 0."""

    def code(small):
        value = int.from_bytes(small.ravel()[:8].tobytes(), "little")
        return value or None

    monkeypatch.setattr(_leaks, "_hash", code)
    monkeypatch.setattr(_leaks, "_SHRINK", lambda image, **_: np.resize(image, (32, 32, 1)))


def images_of(hashes, mark):
    """Of these hashes; equal marks make equal content."""
    return [
        np.frombuffer(h.to_bytes(8, "little") + bytes([m]) * 4, np.uint8).reshape(3, 4, 1)
        for h, m in zip(hashes, mark, strict=True)
    ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("flips", [False, True])
def test_each_image_is_with_its_closest(monkeypatch, seed, flips):
    """Against all pairs, on hashes near each other, with copies, ties and flat images."""
    coded(monkeypatch)
    rng = random.Random(seed)
    centres = [rng.getrandbits(64) for _ in range(4)]

    def some(count):
        hashes = []
        for _ in range(count):
            h = rng.choice(centres) ^ rng.choice([0, int(_leaks._MIRROR)])
            for _ in range(rng.randrange(5)):
                h ^= 1 << rng.randrange(64)
            hashes.append(rng.choice([h, h, h, 0]))
        return hashes, [rng.randrange(2) for _ in hashes]

    (train, train_marks), (val, val_marks) = some(30), some(20)
    mirror = int(_leaks._MIRROR)

    def likeness(a, mark_a, b, mark_b):
        """(kind, distance), less is more alike."""
        if a == b and mark_a == mark_b:
            return 0, 0, "same content"
        ways = [((a ^ b).bit_count(), 1, "near")]
        ways += [((a ^ b ^ mirror).bit_count(), 2, "mirrored")] if flips else []
        bits, _, kind = min(ways)
        return (1, bits, kind) if a and b and bits <= 3 else None

    def expected(queries, keys, alone):
        for i, query in enumerate(queries):
            others = [j for j in range(len(keys)) if not (alone and i == j)]
            alike = [(likeness(*query, *keys[j]), j) for j in others]
            alike = [(like[:2], like[2] == "mirrored", j, like[2]) for like, j in alike if like]
            if alike:
                (_, bits), _, j, kind = min(alike)
                yield i, j, kind, bits

    a, b = list(zip(train, train_marks, strict=True)), list(zip(val, val_marks, strict=True))
    pairs = set(expected(a, b, False)) | {(i, j, *rest) for j, i, *rest in expected(b, a, False)}
    sets = images_of(train, train_marks), images_of(val, val_marks)
    for threads in 1, 2:
        found = ba.leaks(*sets, distance=3, flips=flips, threads=threads)
        assert list(found) == sorted(pairs)
    pairs = {(min(i, j), max(i, j), *rest) for i, j, *rest in expected(a, a, True)}
    assert list(ba.leaks(sets[0], distance=3, flips=flips)) == sorted(pairs)


def test_the_report_is_no_longer_than_the_sets(monkeypatch):
    coded(monkeypatch)
    train, val = (images_of([5] * 2000, [mark] * 2000) for mark in (1, 2))
    assert len(ba.leaks(train, val)) == 3999
    assert len(ba.leaks(train)) == 1999


def test_flat_images_match_by_content_alone():
    flat = [np.full((20, 30, 3), value, np.uint8) for value in range(0, 250, 50)]
    faint = [
        image + np.uint8(i % 2) * np.eye(20, 30, dtype=np.uint8)[..., None]
        for i, image in enumerate(flat)
    ]
    assert not ba.leaks(flat, distance=64)
    assert not ba.leaks(flat, noise(3), distance=64)
    assert [pair[:3] for pair in ba.leaks(flat, faint)] == [
        (i, i, "same content") for i in (0, 2, 4)
    ]


def test_mirrored_images_are_found_where_asked_for():
    train = crops()
    val = [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for image in train]
    assert not ba.leaks(train, val)
    found = ba.leaks(train, val, flips=True)
    assert [pair[:3] for pair in found] == [(i, i, "mirrored") for i in range(len(train))]
    assert not ba.leaks(train, flips=True)


def test_the_sheet(tmp_path):
    images = noise(30)
    found = ba.leaks(images, images)
    assert len(found) == 30
    sheet = found.sheet()
    assert sheet.size[0] > 900 and sheet.size[1] > 8 * 150
    # Both images of the first pair are drawn, side by side.
    pixels = np.asarray(sheet)
    left, right = (pixels[50:200, x : x + 150] for x in (20, 174))
    assert np.array_equal(left, right) and np.ptp(left) > 200
    small = found.sheet(2)
    assert small.size[1] < 400
    found.save(tmp_path / "leaks.png", count=3)
    assert size(tmp_path / "leaks.png")[0] == sheet.size[0]
    for count, kind in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(kind, match=r"^count="):
            found.sheet(count)
    many = str(found).splitlines()
    full, cut = found.sheet(30), found.sheet(29)
    assert cut.size[1] > full.size[1]
    assert np.asarray(cut)[full.size[1] - 20 :].min() < 255
    assert len(many) == 22 and many[-1] == "and 10 more"
    assert (
        repr(found)
        == "<30 of the 30 images in val are also among the 30 in train: 30 same content>"
    )


def test_the_sheet_of_any_image():
    """Gray, float, wide, planes first: each is drawn."""
    rng = np.random.default_rng(1)

    def sheet(image, **options):
        return np.asarray(ba.leaks([image], [image], **options).sheet())

    for shape in (40, 60), (5, 200, 3), (200, 5, 2):
        assert np.ptp(sheet(rng.random(shape, np.float32))[50:200, 20:170]) > 100
    image = rng.random((40, 60, 3), np.float32)
    assert np.array_equal(sheet(image), sheet(np.moveaxis(image, -1, 0), layout="CHW"))


def test_command_line(tmp_path, capsys):
    for name, images in ("train", noise(4)), ("val", noise(4)[3:] + noise(2, seed=1)):
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{i}.png")
    train, val, sheet = (str(tmp_path / name) for name in ("train", "val", "leaks.png"))
    assert _cli.main(["leaks", train, val, "--sheet", sheet]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"same content\t0\t{tmp_path}/train/3.png\t{tmp_path}/val/0.png",
        "1 of the 3 images in val are also among the 4 in train: 1 same content",
    ]
    assert size(sheet)[0] > 300
    Path(sheet).unlink()
    assert _cli.main(["leaks", train, "--sheet", sheet]) == 0
    assert capsys.readouterr().out == "0 of 4 images have a counterpart\n"
    assert not Path(sheet).exists()
    assert _cli.main(["leaks", train, "--distance", "40"]) == 1
    capsys.readouterr()
    Image.fromarray(noise(4)[0][:, ::-1]).save(tmp_path / "val" / "mirrored.png")
    assert _cli.main(["leaks", train, val, "--flips"]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("mirrored\t0\t")
    assert _cli.main(["leaks", train, "--distance", "65"]) == 2
    assert capsys.readouterr().err == "bitaug leaks: distance=65: 0 to 64\n"
    assert _cli.main(["leaks", str(tmp_path / "none")]) == 2


NAN = np.full((4, 4), np.nan, np.float32)
FINE = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("kind", "message", "sets", "options"),
    [
        (ValueError, "distance=65: 0 to 64", [[FINE]], {"distance": 65}),
        (TypeError, "distance=2.5: an integer is needed", [[FINE]], {"distance": 2.5}),
        (TypeError, "flips=1: True or False is needed", [[FINE]], {"flips": 1}),
        (
            ValueError,
            "images[1]: a NaN or an infinity; finite values are needed",
            [[FINE, NAN]],
            {},
        ),
        (
            TypeError,
            "val[1]: dtype int64 is not uint8, uint16 or float32: .astype(np.uint8) if its values "
            "are 0 to 255, .astype(np.uint16) if they are 0 to 65535",
            [[FINE], [FINE, FINE.astype(int)]],
            {},
        ),
        (
            TypeError,
            "images: a dict; give its values, as list(images.values())",
            [{"a": FINE}],
            {},
        ),
        (ValueError, "val: empty; one is needed", [[FINE], []], {}),
        (
            TypeError,
            "train: generator has no length or cannot be asked by index",
            [iter, [FINE]],
            {},
        ),
        (
            ValueError,
            "val: an array of shape [4, 4, 3] could be 4 images of 4 x 3 "
            '(layout="NHW"): write the layout',
            [[FINE], FINE],
            {},
        ),
        (
            ValueError,
            "images[0]: an array of shape [3, 9, 9] could be 9 channels of 3 x 9 "
            '(layout="HWC") or 3 channels of 9 x 9 (layout="CHW"): write the layout',
            [[np.zeros((3, 9, 9), np.uint8)]],
            {},
        ),
    ],
)
def test_refused(kind, message, sets, options):
    sets = [(image for image in [FINE]) if each is iter else each for each in sets]
    with pytest.raises(kind) as error:
        ba.leaks(*sets, **options)
    assert type(error.value) is kind and str(error.value) == message


def test_broken_files_are_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(OSError, match=r"^\S*/a\.png: it cannot be read: "):
        ba.leaks(tmp_path)
    with pytest.raises(NotADirectoryError):
        ba.leaks(tmp_path / "none")


def test_floats_of_any_white():
    photo = cv2.GaussianBlur(np.random.default_rng(5).random((64, 64, 3), np.float32), (0, 0), 6)
    photo = (photo - photo.min()) / np.ptp(photo)
    whole = (photo * 255).astype(np.uint8)
    for white in (1, 255, 65535):
        assert [pair.kind for pair in ba.leaks([photo * np.float32(white), whole])] == ["near"]
