"""Keys, repeated keys, epochs and streams, workers, targets, and what is refused."""

import io
import itertools
import json
import multiprocessing

import numpy as np
import pytest
import webdataset as wds
from PIL import Image

import bitaug as ba
from bitaug.webdataset import Augment, check_shards

from ... import WATCHDOG
from ..photos import AT
from .conftest import write_shard

NOISE = ba.Compose([ba.RandomCrop(height=6, width=6), ba.GaussNoise()])
PIXELS = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)


def png(pixels=PIXELS):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def two(tmp_path):
    """Two shards whose samples have the same keys."""
    members = [(f"cat/{i}.png", png()) for i in range(3)]
    return [write_shard(tmp_path / f"photos-{i:03}.tar", members) for i in range(2)]


def dataset(urls, augment, **options):
    options = {"shardshuffle": False} | options
    return wds.WebDataset(urls, **options).decode("pil").compose(augment)


def made(samples):
    return [(s["__url__"], s["__key__"], ba.digest(np.asarray(s["png"]))) for s in samples]


def wanted(key, **address):
    return ba.digest(NOISE(PIXELS, **({"epoch": 0} | AT | address), index=key))


def test_the_key_is_shard_and_key(two):
    seen = made(dataset(two, Augment(NOISE, **AT, epoch=0)))
    keys = [f"photos-{shard:03}/cat/{i}" for shard in range(2) for i in range(3)]
    assert [digest for _, _, digest in seen] == [wanted(key) for key in keys]
    assert len({digest for _, _, digest in seen}) == 6


@pytest.mark.parametrize(
    "url",
    [
        "a-01.tar",
        "/data/a-01.tar",
        "file:///data/a-01.tar",
        "https://host.org:80/data/a-01.tar?token=x.y",
        "s3://bucket/data/a-01.tgz",
        "pipe:gsutil cat gs://bucket/a-01.tar",
        "pipe:aws s3 cp s3://bucket/data/a-01.tar -",
        "a-01.tar.gz",
        r"C:\data\a-01.tar",
    ],
)
def test_names_of_shards(url):
    """Wherever they lie."""
    sample = {"__key__": "7", "__url__": url, "png": PIXELS}
    (out,) = Augment(NOISE, **AT, epoch=0)([sample])
    assert ba.digest(out["png"]) == wanted("a-01/7")
    assert (out["__key__"], out["__url__"]) == ("7", url)


def test_two_ways_to_write_a_key():
    """As macOS and Linux write it."""
    sample = {"__key__": "u\u0308", "__url__": "a.tar", "png": PIXELS}
    (out,) = Augment(NOISE, **AT, epoch=0)([sample])
    assert ba.digest(out["png"]) == wanted("a/\u00fc")


@pytest.mark.parametrize("url", ["data/shard-0", "pipe:cat a.tar b.tar", "-"])
def test_what_names_no_shard(url):
    sample = {"__key__": "7", "__url__": url, "png": PIXELS}
    with pytest.raises(ValueError, match=r"no name of one \.tar or \.tgz in it; key="):
        list(Augment(NOISE, **AT, epoch=0)([sample]))
    (out,) = Augment(NOISE, **AT, epoch=0, key=lambda sample: int(sample["__key__"]))([sample])
    assert ba.digest(out["png"]) == wanted(7)


def test_shards_of_one_name(tmp_path):
    urls = [write_shard(tmp_path / part / "0.tar", [("a.png", png())]) for part in "xy"]
    with pytest.raises(ValueError, match=r"x/0\.tar' and '.*y/0\.tar' are both named 0, and"):
        list(dataset(urls, Augment(NOISE, **AT, epoch=0)))
    with pytest.raises(ValueError, match=r"x/0\.tar' and '.*y/0\.tar' are both named 0, and"):
        check_shards(urls)
    with pytest.raises(ValueError, match=r"'x/0\.tar' and 'y/0\.tar' are both named 0"):
        check_shards("{x,y}/0.tar")
    with pytest.raises(ValueError, match=r"'a\.tar' comes twice"):
        check_shards(["a.tar", "b.tar", "a.tar"])
    check_shards("a-{000..009}.tar")


def test_what_workers_would_not_see_is_read_only():
    augment = Augment(NOISE, **AT, epoch=0)
    for name in ("key", "repeats", "pipeline", "seed", "stream", "layout", "fields"):
        with pytest.raises(AttributeError, match=f"Augment.{name}: read-only.*a new Augment"):
            setattr(augment, name, None)
    with pytest.raises(AttributeError, match=r"epoch: read-only.*set_epoch\(\) tells"):
        augment.epoch = 3


def test_repeated_keys(tmp_path, two):
    augment = Augment(NOISE, **AT, epoch=0)
    members = [("a.png", png()), ("b.png", png()), ("a.jpg", png())]
    shard = write_shard(tmp_path / "0.tar", members)
    with pytest.raises(ValueError, match=r"'0/a' comes a second time in this pass, from .*0\.tar"):
        list(dataset(shard, augment))
    with pytest.raises(ValueError, match="'photos-000/cat/0' comes a second time"):
        list(dataset([*two, two[0]], augment))
    with pytest.raises(ValueError, match=r"comes a second time.*repeats=True"):
        list(itertools.islice(dataset(two, augment, resampled=True), 13))
    # Another pass is another matter.
    train = dataset(two, augment)
    assert made(train) == made(train)
    assert len(made(train.repeat(2))) == 12


def test_copies_are_numbered(two):
    augment = Augment(NOISE, **AT, epoch=0, repeats=True)
    train = dataset(two, augment, resampled=True)
    counts = {}
    for url, key, digest in made(itertools.islice(train, 30)):
        name = f"{url[-14:-4]}/{key}"
        repeat = counts[name] = counts.get(name, -1) + 1
        assert digest == wanted(name, repeat=repeat)
    assert max(counts.values()) >= 4


def test_epochs_and_streams_differ(two):
    seen = []
    for stream in ("train", "val"):
        augment = Augment(NOISE, seed=42, stream=stream)
        train = dataset(two, augment)
        for epoch in (0, 1):
            augment.set_epoch(epoch)
            assert augment.epoch == epoch
            seen.append(made(train))
    assert all(len(set(ways)) == 4 for ways in zip(*seen, strict=True))


def test_an_epoch_is_needed(two):
    with pytest.raises(TypeError, match=r"epoch is missing.*set_epoch"):
        next(iter(dataset(two, Augment(NOISE, **AT))))


def test_a_pass_is_of_one_epoch(two):
    augment = Augment(NOISE, **AT, epoch=0)
    samples = iter(dataset(two, augment))
    first = made([next(samples)])
    augment.set_epoch(1)
    rest = made(samples)
    assert [digest for _, _, digest in first + rest][3] == wanted("photos-001/cat/0")


def work(train, told, answers):
    for _ in range(2):
        told.get(timeout=WATCHDOG)
        answers.put(made(train))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_workers_that_persist_see_the_epoch(two, method):
    augment = Augment(NOISE, **AT)
    train = dataset(two, augment)
    context = multiprocessing.get_context(method)
    told, answers = context.Queue(), context.Queue()
    augment.set_epoch(0)
    worker = context.Process(target=work, args=(train, told, answers))
    worker.start()
    try:
        seen = []
        for epoch in (1, 2):
            augment.set_epoch(epoch)
            told.put(None)
            seen.append(answers.get(timeout=WATCHDOG))
            assert seen[-1] == made(train)
        assert seen[0] != seen[1]
    finally:
        worker.terminate()
        worker.join()


def test_masks_and_boxes_travel(tmp_path):
    mask = np.zeros((8, 8), np.uint8)
    mask[:, 4] = 9
    info = {"bbox": [[0, 1, 2, 3], [4, 0, 2, 2]], "category": [7, 8], "image": "a.jpg"}
    members = [
        ("a.png", png()),
        ("a.seg.png", png(mask)),
        ("a.json", json.dumps(info).encode()),
        ("a.cls", b"5"),
    ]
    shard = write_shard(tmp_path / "0.tar", members)
    crop = ba.Compose(
        [ba.HorizontalFlip(p=1), ba.CenterCrop(height=8, width=4)],
        bbox_params=ba.BboxParams(format="coco"),
    )
    fields = {"seg.png": "mask", "json": {"bbox": "bboxes", "category": "labels"}}
    as_it_is = wds.handle_extension("seg.png", lambda data: Image.open(io.BytesIO(data)))
    train = wds.WebDataset(shard, shardshuffle=False).decode(as_it_is, "rgb8")
    (out,) = train.compose(Augment(crop, **AT, epoch=0, fields=fields))
    assert np.array_equal(out["png"], PIXELS[:, ::-1][:, 2:6])
    assert np.array_equal(out["seg.png"], mask[:, ::-1][:, 2:6])
    assert out["json"]["bbox"].tolist() == [[0, 0, 2, 2]]
    assert out["json"]["category"] == [8] and out["json"]["image"] == "a.jpg"
    assert out["json"]["dropped"].tolist() == [0]
    assert out["cls"] == 5


def test_other_names(two):
    train = wds.WebDataset(two, shardshuffle=False).decode("pil")
    seen = made(dataset(two, Augment(NOISE, **AT, epoch=0)))
    renamed = train.rename(image="png").compose(Augment(NOISE, **AT, epoch=0))
    named = train.rename(photo="png").compose(
        Augment(NOISE, **AT, epoch=0, fields={"photo": "image"})
    )
    for samples, name in ((renamed, "image"), (named, "photo")):
        assert made(s | {"png": s[name]} for s in samples) == seen


def test_what_is_refused(two):
    def run(samples, **options):
        return list(Augment(NOISE, **AT, epoch=0, **options)(samples))

    train = wds.WebDataset(two, shardshuffle=False)
    with pytest.raises(TypeError, match=r"a tuple without __key__; augment before to_tuple"):
        run(train.decode("pil").to_tuple("png"))
    with pytest.raises(
        TypeError, match="a dict without __key__; augment before to_tuple and batched"
    ):
        run(train.decode("pil").batched(2))
    with pytest.raises(TypeError, match="a single one; the stage is for compose, not for map"):
        Augment(NOISE, **AT, epoch=0)({"__key__": "1", "png": PIXELS})
    with pytest.raises(TypeError, match="bytes is not a NumPy array or a PIL image") as caught:
        run(train)
    assert caught.value.__notes__ == ["at index 'photos-000/cat/0'"]
    with pytest.raises(ValueError, match="as large as the image and would not move"):
        run(s | {"depth": PIXELS[:, :, 0]} for s in train.decode("pil"))
    with pytest.raises(TypeError, match=r"one image; \['png'\], \['jpg'\] found"):
        run(s | {"jpg": PIXELS} for s in train.decode("pil"))
    with pytest.raises(ValueError, match=r"'': no name of one \.tar or \.tgz in it; key="):
        run([{"__key__": "1", "png": PIXELS}])
    with pytest.raises(TypeError, match="key=None: a key is a str or an integer"):
        run(train.decode("pil"), key=lambda sample: None)
    with pytest.raises(ValueError, match=r"key='/a\.png': an absolute path.*; a relative one is"):
        run(train.decode("pil"), key=lambda sample: "/a.png")
    with pytest.raises(TypeError, match="key='id': a function from a sample to its key"):
        Augment(NOISE, **AT, key="id")
    with pytest.raises(TypeError, match=r"fields=\('image',\): a dict is needed"):
        Augment(NOISE, **AT, fields=("image",))
    with pytest.raises(ValueError, match="epoch=-1: 0 to 4294967295"):
        Augment(NOISE, **AT, epoch=-1)
