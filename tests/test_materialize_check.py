"""`bitaug check` names everything that is changed in a folder, and nothing else."""

import json
import re
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image

from bitaug import _cli
from bitaug.materialize import check, run
from tests.deep import deep
from tests.materialized import CROP, KEYS, photos, rows, tree

IMAGE = "epoch-0001/images/a.png.npy"
FORMATS = [
    {"format": "npy"},
    {"format": "png"},
    {"format": "npy", "shard_size": 3},
    {"format": "webdataset", "shard_size": 3},
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished folder with its sources, made once."""
    folder = tmp_path_factory.mktemp("whole")
    made(folder, format="npy")
    return folder


def made(folder, **options):
    targets = {"masks": folder / "masks", "boxes": folder / "boxes.json"}
    photos(folder)
    run(CROP, folder / "photos", folder / "made", seed=42, epochs=2, **targets, **options)


@pytest.fixture
def folder(whole, tmp_path):
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    assert check(tmp_path / "made") == []
    return tmp_path


SUM = "changed: its SHA-256 is not that in SHA256SUMS"


def test_a_changed_pixel(folder):
    path = folder / "made" / IMAGE
    pixels = np.load(path)
    pixels[3, 4, 1] ^= 1
    np.save(path, pixels)
    assert check(folder / "made") == [
        f"{IMAGE}: {SUM}",
        "a.png, epoch 1: stored image: its SHA-256 is not that in its row",
        "a.png, epoch 1: stored image: not what the pipeline returns",
    ]


def test_other_bytes_of_the_same_pixels(folder):
    path = folder / "made" / IMAGE
    pixels = np.load(path)
    with path.open("wb") as file:
        np.lib.format.write_array(file, pixels, version=(2, 0))
    assert check(folder / "made") == [
        f"{IMAGE}: {SUM}",
        "a.png, epoch 1: stored image: its SHA-256 is not that in its row",
    ]


def test_a_cut_file(folder):
    path = folder / "made" / IMAGE
    path.write_bytes(path.read_bytes()[:100])
    first, second = check(folder / "made")
    assert first == f"{IMAGE}: {SUM}"
    assert second.startswith("a.png, epoch 1: stored image: it cannot be read: ")


def test_a_missing_and_an_extra_file(folder):
    (folder / "made" / IMAGE).rename(folder / "made" / "epoch-0001" / "new.npy")
    assert check(folder / "made") == [
        "epoch-0001/new.npy: extra: no file of this run",
        f"{IMAGE}: missing",
    ]


def test_changed_boxes_and_masks(folder):
    key = "cat/a.b.png"
    boxes = folder / "made" / f"epoch-0000/boxes/{key}.json"
    mask = folder / "made" / f"epoch-0000/masks/{key}.npy"
    boxes.write_text(boxes.read_text("utf-8").replace("cat", "dog"), "utf-8")
    np.save(mask, np.load(mask).T)
    assert check(folder / "made") == [
        f"epoch-0000/masks/{key}.npy: {SUM}",
        f"epoch-0000/boxes/{key}.json: {SUM}",
        f"{key}, epoch 0: stored mask: its SHA-256 is not that in its row",
        f"{key}, epoch 0: stored mask: not what the pipeline returns",
        f"{key}, epoch 0: stored boxes: its SHA-256 is not that in its row",
        f"{key}, epoch 0: stored boxes: not what the pipeline returns",
    ]


def test_a_changed_source(folder):
    path, boxes = folder / "photos" / "a.png", folder / "boxes.json"
    Image.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    boxes.write_text(boxes.read_text("utf-8").replace("10.5", "10.25"), "utf-8")
    assert check(folder / "made") == [
        f"a.png, epoch {epoch}: the source of the {part} is not the one it was made from"
        for epoch in (0, 1)
        for part in ("image", "boxes")
    ]


def test_sources_that_are_gone_or_new_or_broken(folder):
    (folder / "photos" / "pale.png").write_bytes(b"no image")
    found = check(folder / "made")
    assert len(found) == 2
    for epoch in (0, 1):
        assert found[epoch].startswith(f"pale.png, epoch {epoch}: the source cannot be used: ")
        assert "pale.png: it cannot be read" in found[epoch]


def change_row(folder, change):
    path = folder / "made" / "manifest.jsonl"
    found = rows(folder / "made")
    change(found)
    path.write_text("".join(json.dumps(row) + "\n" for row in found), "utf-8")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda rows: rows[8]["params"]["ops"][0]["params"].update(left=1),
         "a.png, epoch 1: the row of the image in manifest.jsonl is changed: params"),
        (lambda rows: rows[8].update(receipt=rows[7]["receipt"], pixels="0" * 16),
         "a.png, epoch 1: the row of the image in manifest.jsonl is changed: pixels, receipt"),
        (lambda rows: rows[8]["mask"].update(shape=[1]),
         "a.png, epoch 1: the row of the mask in manifest.jsonl is changed: shape"),
        (lambda rows: rows[8].update(source="0" * 16),
         "a.png, epoch 1: the source of the image is not the one it was made from"),
        (lambda rows: rows[8].update(sha256="0" * 64),
         "a.png, epoch 1: stored image: its SHA-256 is not that in its row"),
        (lambda rows: rows.pop(8),
         "a.png, epoch 1: no row in manifest.jsonl: it was removed, or it is new"),
        (lambda rows: rows.insert(8, rows[3]),
         "manifest.jsonl: line 9 is not a row: there is one of the same sample above"),
        (lambda rows: rows.append({}), "manifest.jsonl: line 15 is not a row: 'epoch'"),
        (lambda rows: rows.append(rows[0] | {"epoch": 2}), "a.jpg, epoch 2: there are 2 epochs"),
        (lambda rows: rows.append(rows[0] | {"key": "b"}), "b, epoch 0: its image is missing"),
    ],
)  # fmt: skip
def test_a_changed_row(folder, change, finding):
    change_row(folder, change)
    assert check(folder / "made") == [f"manifest.jsonl: {SUM}", finding]


def test_a_changed_job(folder):
    path = folder / "made" / "materialize.json"
    path.write_text(path.read_text("utf-8").replace('"seed": 42', '"seed": 43'), "utf-8")
    found = check(folder / "made")
    assert found[0] == f"materialize.json: {SUM}"
    changed = {line.partition(": ")[0] for line in found[1:]}
    assert changed == {f"{key}, epoch {epoch}" for key in KEYS for epoch in (0, 1)}
    path.write_text('{"form": 1}', "utf-8")
    with pytest.raises(ValueError, match=r"materialize\.json: changed: KeyError\('paths'\)"):
        check(folder / "made")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "document: not JSON: Expecting property name"),
        ("[]", "form None: this version reads 1"),
        ('{"form": 2}', "form 2: this version reads 1"),
    ],
)
def test_what_is_no_job_is_named(text, message, folder):
    path = folder / "made" / "materialize.json"
    path.write_text(text, "utf-8")
    for call in (check, lambda made: run(CROP, folder / "photos", made, seed=42)):
        with pytest.raises(ValueError, match=f"^{re.escape(f'{path}: {message}')}"):
            call(folder / "made")


def test_changed_sums(folder):
    path = folder / "made" / "SHA256SUMS"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[1:]), "utf-8")
    assert check(folder / "made") == ["epoch-0000/images/a.jpg.npy: extra: no file of this run"]
    path.write_text("".join(line for line in lines if "manifest" not in line), "utf-8")
    assert check(folder / "made") == [
        "manifest.jsonl: not in SHA256SUMS",
        "manifest.jsonl: extra: no file of this run",
    ]
    path.write_text("what?\n", "utf-8")
    with pytest.raises(ValueError, match="SHA256SUMS: line 1 is not a sum and a name"):
        check(folder / "made")
    path.unlink()
    with pytest.raises(ValueError, match="there is no SHA256SUMS: it was not finished"):
        check(folder / "made")


@pytest.mark.parametrize("part", [0, *deep([1])])
@pytest.mark.parametrize("options", FORMATS)
def test_any_byte_of_any_file(tmp_path, options, part):
    """One byte is changed, in the middle or at the end of each file: its name is named."""
    made(tmp_path, **options)
    assert check(tmp_path / "made") == []
    for i, (path, data) in enumerate(tree(tmp_path / "made").items()):
        if path in ("materialize.json", "SHA256SUMS"):
            continue
        changed = bytearray(data)
        changed[(len(data) // 2, len(data) - 1)[(i + part) % 2]] ^= 1
        (tmp_path / "made" / path).write_bytes(changed)
        assert f"{path}: {SUM}" in check(tmp_path / "made")
        (tmp_path / "made" / path).write_bytes(data)


def test_a_member_of_a_shard(tmp_path):
    made(tmp_path, format="webdataset", shard_size=3)
    path = tmp_path / "made" / "epoch-0001/shard-000000.tar"
    with tarfile.open(path) as tar:
        member = tar.getmember("epoch-0001/a%2Epng.npy")
    data = bytearray(path.read_bytes())
    data[member.offset_data + member.size - 1] ^= 1
    path.write_bytes(data)
    assert check(tmp_path / "made") == [
        f"epoch-0001/shard-000000.tar: {SUM}",
        "a.png, epoch 1: stored image: its SHA-256 is not that in its row",
        "a.png, epoch 1: stored image: not what the pipeline returns",
    ]


def test_a_moved_folder(folder, tmp_path_factory):
    """Both may be moved together; else it is said where the images are."""
    other = tmp_path_factory.mktemp("other")
    for name in "made", "photos", "masks", "boxes.json":
        (folder / name).rename(other / name)
    assert check(other / "made") == []
    (other / "photos").rename(other / "elsewhere")
    with pytest.raises(NotADirectoryError, match="photos: not a folder"):
        check(other / "made")
    assert check(other / "made", images=other / "elsewhere") == []


def test_a_part(folder):
    """The same samples each time; only their files are read."""
    for path in (folder / "made").glob("epoch-*/images/**/*.npy"):
        path.write_bytes(b"")
    parts = [check(folder / "made", sample=n) for n in (1, 5, 5, 1000)]
    named = [{line.partition(": ")[0] for line in found} for found in parts]
    assert [len(names) for names in named] == [1, 5, 5, 2 * len(KEYS)]
    assert named[0] < named[1] == named[2] < named[3]
    with pytest.raises(ValueError, match="sample=0: 1 to"):
        check(folder / "made", sample=0)


def test_command(folder, capsys):
    assert _cli.main(["check", str(folder / "made")]) == 0
    assert capsys.readouterr().out == f"{folder / 'made'}: stored equals on the fly\n"
    (folder / "made" / IMAGE).unlink()
    assert _cli.main(["check", str(folder / "made"), "--threads=1"]) == 1
    said = capsys.readouterr()
    assert said.out == f"{IMAGE}: missing\n"
    assert said.err == f"differences in {folder / 'made'}: 1\n"
    assert _cli.main(["check", str(folder / "photos")]) == 2
