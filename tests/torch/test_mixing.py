"""A data set whose pipeline mixes its samples with each other."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import bitaug as ba
import bitaug.torch


def samples(count=6):
    """Tensors and arrays, with boxes and a vector."""
    made = []
    for i in range(count):
        rng = np.random.default_rng(i)
        made.append(
            {
                "image": torch.from_numpy(rng.integers(0, 256, (3, 20, 24), np.uint8)),
                "mask": torch.from_numpy(rng.integers(0, 9, (20, 24), np.uint8)),
                "bboxes": torch.tensor([[1.0, 2.0, 9.0, 8.0], [i, i, i + 3, i + 5]]),
                "labels": torch.tensor([10 * i, 10 * i + 1]),
                "target": torch.eye(count)[i],
                "name": f"{i}.png",
            }
        )
    return made


def dataset(pipeline, given=None):
    return ba.torch.Augmented(given or samples(), pipeline, seed=5, stream="train")


def pipeline(mix=None):
    mix = mix or ba.CutMix()
    return ba.Compose([ba.HorizontalFlip(), mix, ba.VerticalFlip()], mix_fields=["target"])


@pytest.mark.parametrize("mix", [ba.CutMix(), ba.Mosaic((16, 20)), ba.MixUp(masks="own")])
def test_a_sample_is_what_the_pipelines_call_makes(mix):
    given, run = samples(), pipeline(mix)
    train = dataset(run, given)
    partners = [{k: v for k, v in sample.items() if k != "name"} for sample in given]
    partners = [
        {k: v.numpy() if k != "labels" else v.tolist() for k, v in sample.items()}
        for sample in partners
    ]
    for place in range(len(given)):
        made = train[3, place]
        want = run(**partners[place], partners=partners, seed=5, epoch=3, index=place, layout="CHW")
        assert np.array_equal(made["image"], want["image"])
        assert np.array_equal(made["mask"], want["mask"])
        assert made["bboxes"].dtype == torch.float32
        assert np.array_equal(made["bboxes"], want["bboxes"])
        assert made["labels"].tolist() == want["labels"]
        assert torch.equal(made["target"], torch.from_numpy(want["target"]))
        assert made["mix"] == want["mix"] and made["name"] == given[place]["name"]
        assert np.array_equal(made["mix_weight"], want["mix_weight"])
        assert train.trace(3, place)[-1].digest == ba.digest(want["image"])
        assert [record["op"] for record in train.params(3, place)["ops"]][1] == type(mix).__name__


def test_batches_and_workers_change_nothing():
    train = dataset(pipeline(ba.Mosaic(16)))
    alone = [train[1, place] for place in range(6)]
    together = train.__getitems__([(1, place) for place in range(6)])
    train.set_epoch(1)
    loader = DataLoader(train, batch_size=2, num_workers=2, collate_fn=list)
    loaded = [sample for batch in loader for sample in batch]
    for one, *others in zip(alone, together, loaded, strict=True):
        for other in others:
            assert torch.equal(one["image"], other["image"])
            assert torch.equal(one["labels"], other["labels"])
            assert one["mix"] == other["mix"]


def test_batches_have_what_each_sample_is_made_of():
    run = ba.Compose([ba.MixUp(alpha=1, p=0.5)], mix_fields=["target"])
    given = [{k: sample[k] for k in ("image", "target")} for sample in samples()]
    loader = ba.torch.DataLoader(given, run, batch_size=6, seed=5, stream="train")
    (batch,) = loader
    lengths = [len(mix) for mix in batch["mix"]]
    assert {1, 2} == set(lengths) and batch["image"].shape == (6, 3, 20, 24)
    assert batch["target"].sum(1).allclose(torch.ones(6))
    assert (batch["target"] > 0).sum(1).tolist() == lengths


def test_only_what_is_drawn_is_loaded():
    class Counted(list):
        loaded = ()

        def __getitem__(self, place):
            self.loaded = (*self.loaded, place)
            return super().__getitem__(place)

    given = Counted(samples())
    made = dataset(pipeline(), given)[0, 2]
    assert sorted(given.loaded) == sorted(place for place, _ in made["mix"])


def test_refusals():
    with pytest.raises(TypeError, match="the sample is a Tensor: a mixed sample is a dict"):
        dataset(ba.MixUp(), [sample["image"] for sample in samples()])[0, 0]
    with pytest.raises(TypeError, match="index: the pipeline mixes samples by their places"):
        ba.torch.Augmented(
            samples(), pipeline(), seed=5, stream="train", index=[f"{i}" for i in range(6)]
        )
    with pytest.raises(TypeError, match=r"bitaug\.torch\.Augmented and materialize do"):
        ba.torch.Keyed(pipeline(), seed=5, stream="train")
    given = samples()
    given[1]["masks"] = torch.zeros(2, 20, 24, dtype=torch.uint8)
    fields = {"image": "image", "mask": "mask", "bboxes": "bboxes", "masks": "instance_masks"}
    train = ba.torch.Augmented(given[1:], pipeline(), seed=5, stream="train", fields=fields)
    with pytest.raises(TypeError, match="instance_masks are not mixed"):
        train[0, 0]
    bare = [{"image": sample["image"], "label": 3} for sample in given]
    with pytest.raises(ValueError, match="no target, which mix_fields names"):
        dataset(pipeline(ba.MixUp()), bare)[0, 0]


def test_the_order_of_a_dict_does_not_matter_and_its_fields_do():
    image = torch.zeros(3, 20, 24, dtype=torch.uint8)
    low, high = (torch.full((20, 24), v, dtype=torch.uint8) for v in (1, 101))
    given = [
        {"image": image, "mask": low, "depth": high},
        {"image": image, "depth": high + 1, "mask": low + 1},
    ]
    fields = {"image": "image", "mask": "mask", "depth": "mask"}
    train = ba.torch.Augmented(given, ba.Mosaic(20), seed=5, stream="train", fields=fields)
    seen = set()
    for epoch in range(4):
        made = train[epoch, epoch % 2]
        seen |= set(made["mask"].unique().tolist())
        assert set(made["mask"].unique().tolist()) <= {0, 1, 2}
        assert set(made["depth"].unique().tolist()) <= {0, 101, 102}
    assert {1, 2} <= seen
    lacking = [{"image": image, "mask": low}, {"image": image}]
    for place in range(2):
        with pytest.raises(ValueError, match="mask"):
            ba.torch.Augmented(lacking, ba.CutMix(), seed=5, stream="train")[0, place]
    named = [{"image": image, "mix": "mine"}] * 2
    with pytest.raises(ValueError, match="'mix' is in the sample"):
        ba.torch.Augmented(named, ba.CutMix(), seed=5, stream="train")[0, 0]


def test_vectors_as_long_as_there_are_boxes_and_batches_that_are_padded():
    given = samples()
    boxes = torch.tensor([[1.0, 2.0, 9.0, 8.0]])
    for i, sample in enumerate(given):
        sample["bboxes"] = boxes.repeat(i + 1, 1)
        sample["labels"] = torch.arange(i + 1)
        del sample["mask"]
    loader = ba.torch.DataLoader(
        given, pipeline(), batch_size=6, seed=5, stream="train", collate_fn="pad"
    )
    (batch,) = loader
    assert [len(weights) for weights in batch["mix_weight"]] == [len(b) for b in batch["bboxes"]]
    assert len(batch["mix"]) == 6 and batch["image"].shape == (6, 3, 20, 24)


def test_formats_of_boxes_are_those_of_the_sample():
    tv = pytest.importorskip("torchvision.tv_tensors")
    given = [{k: sample[k] for k in ("image", "bboxes")} for sample in samples()[:2]]
    given[1]["bboxes"] = tv.BoundingBoxes(given[1]["bboxes"], format="XYXY", canvas_size=(20, 24))
    run = ba.Compose([ba.CutMix()], bbox_params=ba.BboxParams("coco"))
    for place in range(2):
        with pytest.raises(ValueError, match="boxes are"):
            ba.torch.Augmented(given, run, seed=5, stream="train")[0, place]
