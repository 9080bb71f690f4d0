"""Receipts: a sample's whole address in one text that refuses a wrong character."""

import base64
import string

import numpy as np
import pytest

import bitaug as ba

IMAGE = np.arange(12 * 14 * 3, dtype=np.uint8).reshape(12, 14, 3)
TRAIN = ba.Compose([ba.RandomCrop(height=8, width=9), ba.GaussNoise(), ba.HorizontalFlip()])
EXTREMES = {"seed": 2**64 - 1, "epoch": 2**32 - 1, "index": 2**64 - 1, "repeat": 2**32 - 1}
ADDRESSES = [
    {"seed": 42, "epoch": 3, "index": 17},
    {"seed": 0, "epoch": 0, "index": 0, "stream": "val"},
    {"seed": 1, "epoch": 2, "index": "cats/écureuil.png", "stream": "größe", "repeat": 9},
    EXTREMES,
]
TEXT = TRAIN.receipt(**ADDRESSES[0])


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_it_is_the_sample(address):
    text = TRAIN.receipt(**address)
    assert len(text) <= 80 and text.isascii() and text == text.lower()
    for spelled in (text, text.upper(), f" {text}\n"):
        sample = ba.from_receipt(spelled, TRAIN)
        np.testing.assert_array_equal(sample(IMAGE), TRAIN(IMAGE, **address))
        mask = IMAGE[..., 0]
        with_mask = sample(image=IMAGE, mask=mask)
        expected = TRAIN(image=IMAGE, mask=mask, **address)
        np.testing.assert_array_equal(with_mask["mask"], expected["mask"])
        assert sample.stream == ba.random.label(address.get("stream", "train"))
        params = sample.params(shape=IMAGE.shape)
        np.testing.assert_array_equal(TRAIN.apply(params, IMAGE), TRAIN(IMAGE, **address))
        assert sample.trace(IMAGE)[-1].digest == ba.digest(sample(IMAGE))
        assert f"label {sample.stream:016x}" in sample.explain(shape=IMAGE.shape)


def test_the_bytes_are_as_documented():
    sealed = base64.b32decode(TEXT.removeprefix("ba1-").upper() + "=")
    numbers = [42, ba.random.label("train"), 3, 17, 0]
    widths = [8, 8, 4, 8, 4]
    expected = int(TRAIN.digest, 16).to_bytes(8, "little") + b"".join(
        n.to_bytes(width, "little") for n, width in zip(numbers, widths, strict=True)
    )
    assert sealed[:40] == expected


def test_every_wrong_character_is_refused():
    alphabet = string.ascii_lowercase + string.digits
    for place in range(len(TEXT)):
        for other in set(alphabet) - {TEXT[place]}:
            with pytest.raises(ValueError, match="receipt='"):
                ba.from_receipt(TEXT[:place] + other + TEXT[place + 1 :], TRAIN)


def test_swapped_missing_and_further_characters_are_refused():
    for place in range(len(TEXT) - 1):
        swapped = TEXT[:place] + TEXT[place + 1] + TEXT[place] + TEXT[place + 2 :]
        for text in {swapped, TEXT[:place] + TEXT[place + 1 :], TEXT[:place] + "a" + TEXT[place:]}:
            if text != TEXT:
                with pytest.raises(ValueError, match="receipt='"):
                    ba.from_receipt(text, TRAIN)


def test_another_pipeline_is_refused():
    other = ba.Compose([*TRAIN.transforms[:-1], ba.HorizontalFlip(p=0.4)])
    with pytest.raises(
        ValueError, match=f"pipeline {TRAIN.digest}, not of this one, {other.digest}"
    ):
        ba.from_receipt(TEXT, other)


def test_characters_of_other_alphabets_are_refused():
    with pytest.raises(ValueError, match=r"receipt=.*a-z and 2-7"):
        ba.from_receipt(TEXT[:-1] + "é", TRAIN)


@pytest.mark.parametrize("wrong", [7, None, b"ba1-"])
def test_kinds(wrong):
    with pytest.raises(TypeError, match="receipt="):
        ba.from_receipt(wrong, TRAIN)
    with pytest.raises(TypeError, match="pipeline="):
        ba.from_receipt(TEXT, wrong)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"seed": -1}, "seed=-1: an integer, 0 to"),
        ({"seed": 2**64}, "seed=18446744073709551616"),
        ({"seed": True}, "seed: True is not"),
        ({"seed": "forty-two"}, r"seed: .*ba\.random\.label\('forty-two'\)"),
        ({"epoch": 2**32}, "epoch=4294967296"),
        ({"index": [1, 2]}, "index: several"),
        ({"index": "\udcff.png"}, r"index='\\udcff\.png': a str that UTF-8 can hold"),
        ({"repeat": -1}, "repeat=-1"),
        ({"stream": 3}, "stream=3: a str"),
        ({"index": None}, "index is missing"),
    ],
)
def test_addresses_are_checked(change, error):
    with pytest.raises((TypeError, ValueError), match=error):
        TRAIN.receipt(**{**ADDRESSES[0], **change})
