"""Materialized samples: they equal those on the fly, and a folder is a function of its inputs."""

import errno
import hashlib
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug import _cli
from bitaug._images.files import read
from bitaug.materialize import _store, run
from bitaug.materialize._encode import ENCODINGS
from bitaug.materialize._job import Job
from tests import WATCHDOG
from tests.materialized import CROP, KEYS, MASKS, TRAIN, photos, rows, tree

FORMATS = [
    {"format": "npy"},
    {"format": "png"},
    {"format": "npy", "shard_size": 3},
    {"format": "webdataset", "shard_size": 3},
    {"format": "webdataset", "encoding": "png"},
]
NAMES = ["npy", "png", "stacked", "webdataset", "webdataset of png"]


def pipeline_for(options):
    return CROP if "png" in options.values() else TRAIN


def array_of(data):
    file = BytesIO(data)
    return np.load(file) if data[1:6] == b"NUMPY" else np.asarray(Image.open(file))


def on_the_fly(pipeline, folder, key, epoch, targets=False):
    sample = {"image": read(folder / "photos" / key)}
    if targets:
        mask = folder / "masks" / MASKS[key]
        sample["mask"] = array_of(mask.read_bytes())
        sample |= json.loads((folder / "boxes.json").read_text("utf-8"))[key]
    return pipeline(**sample, seed=42, stream="val", epoch=epoch, index=key)


def stored(output, row, part="image"):
    """A part as its readers get it, by their own means."""
    place = row if part == "image" else row[part]
    path = output / place["path"]
    if "member" not in place:
        data = path.read_bytes()
    elif path.suffix == ".npy":
        return np.load(path, mmap_mode="r")[place["member"]]
    elif path.suffix == ".json":
        return json.loads(path.read_text("utf-8"))[place["member"]]
    else:
        with tarfile.open(path) as tar:
            data = tar.extractfile(place["member"]).read()
    assert len(data) == place["size"] and hashlib.sha256(data).hexdigest() == place["sha256"]
    if part == "boxes":
        return json.loads(data)
    return array_of(data)


@pytest.mark.parametrize("options", FORMATS, ids=NAMES)
def test_stored_equals_on_the_fly(tmp_path, options):
    pipeline = pipeline_for(options)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    made = run(
        pipeline, photos(tmp_path), tmp_path / "made", seed=42, stream="val", epochs=2, **options,
        **targets,
    )  # fmt: skip
    found = rows(tmp_path / "made")
    assert made == len(found) == 2 * len(KEYS)
    assert [(row["epoch"], row["key"]) for row in found] == [(e, k) for e in (0, 1) for k in KEYS]
    for row in found:
        key, epoch = row["key"], row["epoch"]
        sample = on_the_fly(pipeline, tmp_path, key, epoch, targets=True)
        for part in "image", "mask":
            array = stored(tmp_path / "made", row, part)
            assert array.dtype == sample[part].dtype
            np.testing.assert_array_equal(array, sample[part])
            entry = row if part == "image" else row[part]
            assert entry["pixels"] == ba.digest(sample[part])
        boxes = stored(tmp_path / "made", row, "boxes")
        assert boxes == {
            "bboxes": sample["bboxes"].tolist(),
            "labels": sample["labels"],
            "dropped": sample["dropped"].tolist(),
        }
        image = read(tmp_path / "photos" / key)
        address = {"seed": 42, "stream": "val", "epoch": epoch, "index": key}
        assert row["source"] == ba.digest(image)
        assert row["receipt"] == pipeline.receipt(**address)
        assert row["params"] == pipeline.params(**address, shape=image.shape)
        np.testing.assert_array_equal(pipeline.apply(row["params"], image), sample["image"])


@pytest.mark.parametrize("options", FORMATS[:1] + FORMATS[3:4], ids=["npy", "webdataset"])
def test_mixed_samples_equal_those_on_the_fly(tmp_path, options):
    folder = photos(tmp_path)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    mixing = ba.Compose(
        [ba.HorizontalFlip(), ba.RandomCrop(height=12, width=12), ba.CutMix(), ba.Mosaic(16, p=0.5)]
    )
    boxes = json.loads(targets["boxes"].read_text("utf-8"))
    given = {
        key: {
            "image": read(folder / key),
            "mask": array_of((targets["masks"] / MASKS[key]).read_bytes()),
            **boxes[key],
        }
        for key in KEYS
    }
    assert run(
        mixing, folder, tmp_path / "made", seed=42, stream="val", epochs=2, **options, **targets
    ) == 2 * len(KEYS)  # fmt: skip
    mixed = 0
    for row in rows(tmp_path / "made"):
        where = {"seed": 42, "stream": "val", "epoch": row["epoch"], "index": row["key"]}
        sample = mixing(**given[row["key"]], partners=given, **where)
        for part in "image", "mask":
            np.testing.assert_array_equal(stored(tmp_path / "made", row, part), sample[part])
        names = ("bboxes", "labels", "dropped", "mix_weight")
        assert stored(tmp_path / "made", row, "boxes") == {
            name: value.tolist() if hasattr(value := sample[name], "tolist") else value
            for name in names
        }
        assert row["mix"] == [list(pair) for pair in sample["mix"]]
        mixed += len(row["mix"]) > 2
    assert mixed
    job = Job.load(tmp_path / "made", {})
    made = job.make(1, KEYS[0])
    assert pickle.loads(pickle.dumps(job)).make(1, KEYS[0])[0] == made[0]
    assert ba.materialize.check(tmp_path / "made") == []
    with pytest.raises(ValueError, match="skip_broken"):
        run(mixing, folder, tmp_path / "again", seed=42, skip_broken=True)
    (folder / KEYS[2]).write_bytes(b"broken")
    with pytest.raises(OSError, match=re.escape(KEYS[2])):
        run(mixing, folder, tmp_path / "again", seed=42)


@pytest.mark.parametrize("options", FORMATS, ids=NAMES)
def test_a_folder_is_a_function_of_its_inputs(tmp_path, options):
    """Of threads, of the folder's place and of the time it depends not at all."""
    folder, pipeline = photos(tmp_path), pipeline_for(options)
    for threads in 1, 8:
        output = tmp_path / f"made{threads}"
        run(pipeline, folder, output, seed=42, epochs=3, threads=threads, **options)
        os.utime(folder / "a.png", (1, 1))
    assert tree(tmp_path / "made1") == tree(tmp_path / "made8")
    assert run(pipeline, folder, tmp_path / "made1", seed=42, epochs=3, **options) == 0


def test_where_files_are(tmp_path):
    folder = photos(tmp_path)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    run(CROP, folder, tmp_path / "npy", seed=1, epochs=2, **targets)
    names = {"images": ".npy", "masks": ".npy", "boxes": ".json"}
    assert set(tree(tmp_path / "npy")) == {
        *("SHA256SUMS", "manifest.jsonl", "materialize.json"),
        *(f"epoch-000{e}/{n}/{key}{s}" for e in (0, 1) for n, s in names.items() for key in KEYS),
    }
    run(CROP, folder, tmp_path / "tar", seed=1, format="webdataset", shard_size=4, **targets)
    assert [path for path in sorted(tree(tmp_path / "tar")) if path.startswith("epoch")] == [
        f"epoch-0000/shard-00000{i}.tar" for i in (0, 1)
    ]
    with tarfile.open(tmp_path / "tar" / "epoch-0000" / "shard-000000.tar") as tar:
        names = tar.getnames()
    assert names[8:12] == [
        f"epoch-0000/cat/a%2Eb%2Epng.{kind}" for kind in ("npy", "mask.npy", "boxes.json", "json")
    ]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
def test_sha256sum_agrees(tmp_path):
    folder = photos(tmp_path)
    for odd in "back\\slash\\n.png", "new\nline.png", "return\r.png":
        shutil.copy(folder / "a.png", folder / odd)
    run(CROP, folder, tmp_path / "made", seed=1)
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    asked = subprocess.run(check, cwd=tmp_path / "made", capture_output=True, text=True)
    assert asked.returncode == 0 and asked.stdout == ""
    sums = (tmp_path / "made" / "SHA256SUMS").read_text("utf-8").count("\n")
    assert sums == len(tree(tmp_path / "made")) - 1
    assert ba.materialize.check(tmp_path / "made") == []
    (tmp_path / "made" / "epoch-0000/images/a.png.npy").write_bytes(b"")
    asked = subprocess.run(check, cwd=tmp_path / "made", capture_output=True, text=True)
    assert asked.returncode == 1 and "a.png.npy: FAILED" in asked.stdout


def test_a_finished_file_is_not_written_again(tmp_path):
    """A removed one is, by itself."""
    folder, made = photos(tmp_path), tmp_path / "made"
    run(CROP, folder, made, seed=1)
    before = tree(made)
    (made / "epoch-0000/images/a.png.npy").unlink()
    kept = {path: path.stat() for path in made.glob("epoch*/**/*.npy")}
    run(CROP, folder, made, seed=1)
    assert tree(made) == before
    for path, stat in kept.items():
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_what_was_lost_between_two_runs_is_made_again(tmp_path):
    folder, made = photos(tmp_path), tmp_path / "made"

    def stop(done, total):
        if done == 10:
            raise KeyboardInterrupt

    for damage in (lambda file: file.unlink(), lambda file: os.truncate(file, 100)):
        with pytest.raises(KeyboardInterrupt):
            run(TRAIN, folder, made, seed=42, epochs=3, threads=1, progress=stop)
        damage(made / "epoch-0000/images/a.png.npy")
        run(TRAIN, folder, made, seed=42, epochs=3)
        assert ba.materialize.check(made) == []
        shutil.rmtree(made)


@pytest.mark.parametrize("options", FORMATS, ids=NAMES)
def test_what_was_cut_in_a_finished_folder_is_made_again(tmp_path, options):
    folder, made = photos(tmp_path), tmp_path / "made"
    run(CROP, folder, made, seed=1, **options)
    before = tree(made)
    for path in sorted(made.glob("epoch*/**/*.*")):
        if path.is_file() and path.suffix != ".parquet":
            os.truncate(path, 100)
            assert run(CROP, folder, made, seed=1, **options) > 0
            assert tree(made) == before
            break
    (made / "manifest.jsonl").write_bytes(b"")
    assert run(CROP, folder, made, seed=1, **options) > 0 and tree(made) == before


def test_folders_that_are_not_finished(tmp_path):
    for ask in (ba.materialize.check, ba.materialize.skipped):
        with pytest.raises(NotADirectoryError, match="nope: not a folder"):
            ask(tmp_path / "nope")
        with pytest.raises(ValueError, match="it was not finished"):
            ask(tmp_path)


def test_a_mask_without_an_image_is_refused(tmp_path):
    folder, masks = photos(tmp_path), tmp_path / "masks"
    np.save(masks / "lost.npy", np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match=r"lost\.npy in .*masks: there is no image of this mask"):
        run(CROP, folder, tmp_path / "made", seed=1, masks=masks)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "seed=1, not 2"),
        ({"stream": "val"}, "stream='train', not 'val'"),
        ({"epochs": 3}, "epochs=2, not 3"),
        ({"pipeline": TRAIN}, f"pipeline='{CROP.digest}', not '{TRAIN.digest}'"),
        ({"format": "png"}, "format='npy', not 'png', encoding='npy', not 'png'"),
        ({"shard_size": 3}, "shard_size=None, not 3"),
        ({"masks": "masks"}, "masks=False, not True"),
    ],
)
def test_another_job_is_refused(tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    given = {"pipeline": CROP, "images": photos(tmp_path), "seed": 1, "epochs": 2}
    run(**given, output="made")
    before = tree(tmp_path / "made")
    with pytest.raises(ValueError, match="it was begun with") as error:
        run(**given | change, output="made")
    assert message in str(error.value)
    assert tree(tmp_path / "made") == before


def test_other_images_are_refused(tmp_path):
    folder = photos(tmp_path)
    run(CROP, folder, tmp_path / "made", seed=1)
    Image.new("RGB", (30, 30)).save(folder / "new.png")
    with pytest.raises(ValueError, match="images=7, not 8, inputs="):
        run(CROP, folder, tmp_path / "made", seed=1)


def a_job(tmp_path, **change):
    """Arguments of a run, for what refuses them."""
    return {"pipeline": CROP, "images": tmp_path / "photos", "output": tmp_path / "made", "seed": 1,
            **change}  # fmt: skip


PNG_HOLDS = (
    "png cannot hold float32 of 3 x 16 x 16: uint8 of H x W or H x W x 1, 3 or 4, or uint16 of H x "
    "W or H x W x 1; npy holds everything"
)


@pytest.mark.parametrize(
    ("kind", "message", "change"),
    [
        (ValueError, PNG_HOLDS,
         {"pipeline": TRAIN, "format": "png"}),
        (ValueError, PNG_HOLDS,
         {"pipeline": TRAIN, "format": "webdataset", "encoding": "png"}),
        (ValueError, "format='jpg': npy, png, webdataset, parquet", {"format": "jpg"}),
        (ValueError, "encoding='png': npy with format='npy'", {"encoding": "png"}),
        (ValueError, "encoding='jpg': npy or png with format='webdataset'",
         {"encoding": "jpg", "format": "webdataset"}),
        (ValueError, "shard_size=2: each PNG is a file of its own; format='webdataset' with "
         "encoding='png' has many in one", {"shard_size": 2, "format": "png"}),
        (ValueError, "shard_size=0: 1 to 9223372036854775807", {"shard_size": 0}),
        (ValueError, "epochs=0: 1 to 4294967296", {"epochs": 0}),
        (ValueError, "seed=-1: 0 to 18446744073709551615", {"seed": -1}),
        (TypeError, "stream=1: a str is needed", {"stream": 1}),
        (TypeError, "pipeline='p.yaml': a transform is needed", {"pipeline": "p.yaml"}),
        (ValueError, "engine='spark': local or ray", {"engine": "spark"}),
        (ValueError, "threads=0: 1 to 1024", {"threads": 0}),
        (ImportError, "PyArrow is needed for Parquet: pip install bitaug[parquet]",
         {"format": "parquet"}),
        (ImportError, "Ray is needed for engine='ray': pip install ray", {"engine": "ray"}),
    ],
)  # fmt: skip
def test_refused_before_anything_is_written(tmp_path, monkeypatch, kind, message, change):
    photos(tmp_path)
    for name in "pyarrow", "ray":
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(kind) as error:
        run(**a_job(tmp_path, **change))
    assert str(error.value) == message
    assert not (tmp_path / "made").exists()


def test_folders_that_are_refused(tmp_path):
    folder = photos(tmp_path)
    with pytest.raises(ValueError, match="it lies in the folder of the images"):
        run(**a_job(tmp_path, output=folder / "made"))
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("")
    with pytest.raises(ValueError, match=r"not empty, and no materialize\.json in it"):
        run(**a_job(tmp_path))
    shutil.rmtree(tmp_path / "made")
    (folder / "a.png.npy").mkdir()
    shutil.copy(folder / "a.png", folder / "a.png.npy")
    with pytest.raises(ValueError, match=r"a\.png\.npy would be a folder and the file of another"):
        run(**a_job(tmp_path))


def test_masks_and_boxes_that_are_refused(tmp_path):
    photos(tmp_path)
    masks, boxes = tmp_path / "masks", tmp_path / "boxes.json"
    given = json.loads(boxes.read_text("utf-8"))
    for text, message in [
        ("[]", "an object is needed, of each image's boxes by its path"),
        ("{", "document: not JSON: Expecting property name"),
        (json.dumps(given | {"b.png": {"bboxes": []}}), "b.png: there is no such image"),
        (json.dumps({"a.png": {"bboxes": []}}), 'a.jpg is missing; without boxes it is {"bboxes"'),
        (json.dumps(given | {"a.png": [1]}), "a.png: an object is needed, of bboxes and, perhaps"),
        (
            json.dumps(given | {"a.png": {"bboxes": [], "labels": [float("nan")]}}),
            "a.png: Out of range float values",
        ),
        (json.dumps(given | {"a.png": {"bboxes": [[9, 9, 2, 2]]}}), "a.png: "),
    ]:
        boxes.write_text(text, "utf-8")
        with pytest.raises(ValueError, match=r"boxes\.json|a\.png: ") as error:
            run(**a_job(tmp_path, boxes=boxes))
        assert message in str(error.value)
    (masks / "a.jpg.png").unlink()
    with pytest.raises(ValueError, match=r"a\.png in .* would be the mask of a\.jpg and of a\.png"):
        run(**a_job(tmp_path, masks=masks))
    (masks / "a.png").unlink()
    with pytest.raises(ValueError, match=r"a\.jpg: one mask is needed in .*; there is none"):
        run(**a_job(tmp_path, masks=masks))


def test_a_broken_image_is_named(tmp_path):
    """What was finished before stays, and the run goes on when the image is mended."""
    folder = photos(tmp_path)
    whole = (folder / "pale.png").read_bytes()
    (folder / "pale.png").write_bytes(whole[: len(whole) // 2].ljust(len(whole), b"\0"))
    with pytest.raises(OSError, match=r"pale\.png: it cannot be read"):
        run(**a_job(tmp_path))
    assert not (tmp_path / "made" / "SHA256SUMS").exists()
    (folder / "pale.png").write_bytes(whole)
    run(**a_job(tmp_path))
    assert ba.materialize.check(tmp_path / "made") == []


def test_shapes_that_do_not_stack(tmp_path):
    photos(tmp_path)
    with pytest.raises(
        ValueError, match=r"a\.png: image: 21 x 29 x 3 uint8, but the first is 20 x 30"
    ):
        run(**a_job(tmp_path, pipeline=ba.RandomRotate90(p=0), shard_size=3))


def test_two_runs_at_once_are_refused(tmp_path):
    photos(tmp_path)
    refused = []

    def second(done, total):
        if not refused:
            with pytest.raises(ValueError, match="another run is writing here") as error:
                run(**a_job(tmp_path))
            refused.append(error)

    run(**a_job(tmp_path), progress=second)
    assert refused


def test_progress_counts_to_the_end(tmp_path):
    photos(tmp_path)
    seen = []
    run(**a_job(tmp_path, epochs=2), progress=lambda *counts: seen.append(counts))
    assert seen == [(done, 14) for done in range(15)]
    seen.clear()
    ba.materialize.check(tmp_path / "made", progress=lambda *counts: seen.append(counts))
    assert seen == [(done, 14) for done in range(1, 15)]


class TestFullDisk:
    @pytest.mark.parametrize("options", FORMATS, ids=NAMES)
    def test_it_is_named_and_the_run_goes_on(self, tmp_path, monkeypatch, capsys, options):
        """The disk is full from the n-th write on, whatever is written."""
        folder, pipeline = photos(tmp_path), pipeline_for(options)
        ba.save(pipeline, tmp_path / "p.json")
        given = {"seed": 1, "threads": 1, "epochs": 2}
        run(pipeline, folder, tmp_path / "undisturbed", **given, **options)
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        command = [
            "materialize",
            f"--pipeline={tmp_path / 'p.json'}",
            f"--input={folder}",
            f"--output={tmp_path / 'made'}",
            "--seed=1",
            "--epochs=2",
            "--threads=1",
            *flags,
        ]
        real, room = os.fsync, 0

        def fsync(handle):
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(handle)

        while True:
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", fsync)
                left = room
                status = _cli.main(command)
            if status == 0:
                break
            said = capsys.readouterr().err
            assert status == 2 and str(tmp_path / "made") in said
            assert "No space left on device; what is finished is kept: make room and" in said
            partial = [p for p in (tmp_path / "made/.materialize").glob("*") if p.name != "journal"]
            assert partial == []
            room += 1
        assert room > 3
        assert tree(tmp_path / "made") == tree(tmp_path / "undisturbed")

    @pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes there")
    def test_a_limit_of_the_system(self, tmp_path):
        """No file may grow beyond 1000 bytes: the system itself refuses."""
        folder = photos(tmp_path)
        ba.save(TRAIN, tmp_path / "p.json")
        code = (
            "import resource, sys; from bitaug._cli import main;"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1));"
            "raise SystemExit(main(sys.argv[2:]))"
        )
        command = [
            "materialize",
            f"--pipeline={tmp_path / 'p.json'}",
            f"--input={folder}",
            f"--output={tmp_path / 'made'}",
            "--seed=1",
        ]
        root = Path(ba.__file__).parents[1]
        for limit, status in (2500, 2), (-1, 0):
            ended = subprocess.run(
                [sys.executable, "-c", code, str(limit), *command],
                env=os.environ | {"PYTHONPATH": str(root)},
                capture_output=True, text=True, timeout=WATCHDOG,
            )  # fmt: skip
            assert ended.returncode == status, ended.stderr
            if status:
                assert "File too large; what is finished is kept" in ended.stderr
                assert f"{tmp_path / 'made'}" in ended.stderr and ".npy" in ended.stderr
        assert ba.materialize.check(tmp_path / "made") == []


RNG = np.random.default_rng(3)


@pytest.mark.parametrize("encoding", ["npy", "png", "raw"])
@pytest.mark.parametrize(
    "array",
    [
        RNG.integers(256, size=(5, 7), dtype=np.uint8),
        RNG.integers(256, size=(5, 7, 1), dtype=np.uint8),
        RNG.integers(256, size=(5, 7, 3), dtype=np.uint8)[::-1, ::2],
        RNG.integers(256, size=(5, 7, 4), dtype=np.uint8),
        RNG.integers(1 << 16, size=(5, 7), dtype=np.uint16),
        RNG.integers(1 << 16, size=(5, 7, 1), dtype=np.uint16).astype(">u2"),
    ],
)
def test_encodings(array, encoding):
    """Whatever the memory layout and byte order, the bytes are the same."""
    made = ENCODINGS[encoding]
    data = made.encode(array)
    assert data == made.encode(np.ascontiguousarray(array, array.dtype.newbyteorder("<")))
    back = made.decode(data, [*array.shape], array.dtype.name)
    assert back.dtype == array.dtype.name and ba.digest(back) == ba.digest(array)


@pytest.mark.parametrize("shape", [(5, 7, 2), (5, 7, 5), (2, 5, 7, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_what_png_cannot_hold(shape, dtype):
    with pytest.raises(
        ValueError, match=f"png cannot hold {dtype} of {' x '.join(map(str, shape))}"
    ):
        ENCODINGS["png"].encode(np.zeros(shape, dtype))


def test_headers_are_read_by_one_thread_at_a_time(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", np.zeros(3))
    reading, real = threading.Semaphore(1), np.load

    def load(*arguments, **options):
        assert reading.acquire(blocking=False)
        time.sleep(0.005)  # in which others would come
        reading.release()
        return real(*arguments, **options)

    monkeypatch.setattr(np, "load", load)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, [tmp_path / "a.npy"] * 8))
    assert all(array.shape == (3,) for array in found)


def test_a_torn_journal(tmp_path):
    """Cut at any byte, it is what was there before the last line."""
    (tmp_path / _store.WORK).mkdir()
    journal = _store.Journal(tmp_path)
    for unit in range(3):
        journal.append({"unit": unit, "files": [], "rows": [{"key": f"é{unit}"}]})
    journal.close()
    path = tmp_path / _store.WORK / "journal"
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        journal = _store.Journal(tmp_path)
        known = sum(end <= cut for end in ends)
        assert [unit in journal for unit in range(3)] == [unit < known for unit in range(3)]
        journal.append({"unit": 2, "files": [], "rows": []})
        assert journal[2]["rows"] == []
        assert all(journal[unit]["rows"] == [{"key": f"é{unit}"}] for unit in range(min(known, 2)))
        journal.close()
        reread = _store.Journal(tmp_path)
        assert 2 in reread
        reread.close()
    path.write_bytes(whole.replace(b"unit", b"unix", 1))
    journal = _store.Journal(tmp_path)
    assert 0 not in journal
    journal.close()
