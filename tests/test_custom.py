"""Functions of one's own anywhere in a pipeline."""

import copy
import json
import pickle
import traceback

import numpy as np
import pytest

import bitaug as ba
from tests.pipelines import DTYPES, images
from tests.test_errors import refused

SHAPE = (20, 17, 3)
ADDRESS = {"seed": 5, "epoch": 2}


def speckle(image, generator):
    """Draws, and writes to what it was given."""
    image[generator.random(image.shape[:2]) < 0.2] = 7
    return image


def inverted(image, generator):
    return (np.iinfo(image.dtype).max - image)[::1]


def failing(image, generator):
    raise KeyError("no such thing")


def train(*further):
    """A custom op among ops that fuse, by itself and among what is chosen from."""
    return ba.Compose(
        [
            ba.HorizontalFlip(),
            ba.Custom(speckle, name="speckle"),
            ba.RandomCrop(height=11, width=12),
            ba.OneOf([ba.Custom(inverted, name="inverted"), ba.GaussNoise()]),
            *further,
        ]
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_gets_the_image_and_words_of_its_address(dtype):
    seen = []

    def look(image, generator):
        assert image.flags.c_contiguous and image.flags.writeable
        seen.append((image.copy(), generator.integers(1 << 60)))
        return image

    batch = images(SHAPE, dtype, 2)
    pipeline = ba.Compose([ba.VerticalFlip(p=1), ba.Custom(look, name="look")])
    for _ in range(2):
        pipeline(batch, index=[3, 4], threads=1, **ADDRESS)
    pipeline(batch[0], index=3, seed=5, epoch=3)
    assert [ba.digest(image) for image, _ in seen[:2]] == [ba.digest(i[::-1]) for i in batch]
    words = [word for _, word in seen]
    assert words[:2] == words[2:4] and len(set(words)) == 3
    grey = ba.Custom(look, name="look")(batch[0][..., 0], index=0, **ADDRESS)
    assert seen[-1][0].shape == (20, 17, 1) and grey.shape == (20, 17)


def test_batches_threads_frames_and_replays_agree():
    batch = images(SHAPE, "uint8", 9)
    pipeline = train()
    whole = pipeline(batch, index=range(9), threads=4, **ADDRESS)
    for i, image in enumerate(batch):
        one = pipeline(image, index=i, **ADDRESS)
        np.testing.assert_array_equal(one, whole[i])
        params = json.loads(json.dumps(pipeline.params(index=i, shape=SHAPE, **ADDRESS)))
        np.testing.assert_array_equal(pipeline.apply(params, image), one)
        trace = pipeline.trace(image, index=i, **ADDRESS)
        np.testing.assert_array_equal(trace[-1].image, one)
        assert "speckle" in [stage.path for stage in trace]
    sample = {"image": batch[0], "mask": batch[0][..., 0], "bboxes": [[1, 1, 4, 5]]}
    np.testing.assert_array_equal(pipeline(**sample, index=0, **ADDRESS)["image"], whole[0])
    clip = ba.Custom(speckle, name="s")(images=batch[:2] * 0, index=0, **ADDRESS)["images"]
    assert (clip[0] != clip[1]).any()


def test_it_moves_nobody_elses_draws():
    with_it = train(ba.GaussNoise()).params(index=1, shape=SHAPE, **ADDRESS)["ops"]
    rest = [each for each in train(ba.GaussNoise()).transforms if each.name != "speckle"]
    without = ba.Compose(rest).params(index=1, shape=SHAPE, **ADDRESS)["ops"]
    assert [record for record in with_it if record["path"] != "speckle"] == without


def test_documents_name_it_and_need_it(tmp_path):
    pipeline = train()
    custom = {"speckle": speckle, "inverted": inverted}
    text = pipeline.to_json()
    assert "speckle" in text and "function" not in text
    ba.save(pipeline, tmp_path / "p.yaml")
    loaded = ba.load(tmp_path / "p.yaml", custom=custom)
    for again in (ba.from_json(text, custom=custom), loaded,
                  ba.from_yaml(pipeline.to_yaml(), custom=custom),
                  pickle.loads(pickle.dumps(pipeline)), copy.deepcopy(pipeline)):  # fmt: skip
        assert again == pipeline and again.digest == pipeline.digest
        image = images(SHAPE, "uint8", 1)[0]
        got, want = (p(image, index=0, **ADDRESS) for p in (again, pipeline))
        np.testing.assert_array_equal(got, want)
    with refused(ValueError, "Custom: inverted", 'custom={"inverted": function}'):
        ba.from_json(text, custom={"speckle": speckle})
    with refused(ValueError, "Custom: speckle", "function"):
        ba.load(tmp_path / "p.yaml")
    with refused(TypeError, "custom", "speckle", "3"):
        ba.from_json(text, custom={"speckle": 3})
    with refused(ValueError, "version=2"):
        ba.Custom(speckle, name="a", version=2)


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda image, generator: None, TypeError, ["None", "(20, 17, 3) uint8"]),
        (lambda image, generator: image[1:], ValueError, ["(19, 17, 3)", "(20, 17, 3)"]),
        (lambda image, generator: image / 2, ValueError, ["float64", "uint8"]),
        (lambda image: image, TypeError, ["argument"]),
        (failing, KeyError, ["no such thing"]),
    ],
)
def test_what_it_raises_is_raised_with_where_it_was(function, kind, words):
    pipeline = ba.Compose([ba.Custom(function, name="mine")])
    batch = images(SHAPE, "uint8", 3)
    out = [np.full(SHAPE, 9, np.uint8) for _ in batch]
    with pytest.raises(kind) as caught:
        pipeline(batch, index=["a", "b", "c"], threads=1, out=np.stack(out), **ADDRESS)
    assert all(word in str(caught.value) for word in words)
    told = "".join(traceback.format_exception(caught.value))
    assert 'in the custom op "mine"' in told
    with pytest.raises(kind):
        pipeline(batch[0], index=0, **ADDRESS)


def test_what_is_no_function_and_two_of_a_name_are_refused():
    with refused(TypeError, "Custom: function=3", "function"):
        ba.Custom(3, name="a")
    with refused(TypeError, "Custom", "name", "missing"):
        ba.Custom(speckle)
    with refused(ValueError, "name='a'", "two functions"):
        ba.Compose([ba.OneOf([ba.Custom(speckle, name="a")]), ba.Custom(inverted, name="a")])
    both = [ba.OneOf([ba.Custom(speckle, name="a")]), ba.Custom(speckle, name="a")]
    assert len(ba.Compose(both).transforms) == 2
