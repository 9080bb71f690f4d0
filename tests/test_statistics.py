"""Statistics: exact, so that order, batches, threads and machines cannot be told from them."""

import json
import math
import random
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug.statistics import _root

WHITE = {"uint8": 255, "uint16": 65535, "float32": 1}
DTYPES = [*WHITE]


def images(dtype, count, channels=3, seed=0):
    """Of several sizes; float32 with both signs, zeros of both signs, and every magnitude."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        shape = (*rng.integers(1, 40, 2), channels)
        if dtype == "float32":
            bits = rng.integers(0, 2**32, shape, np.uint32)
            wild = bits.view(np.float32)
            tame = rng.random(shape, np.float32)
            image = np.where(np.isfinite(wild) & (bits % 3 == 0), wild, tame)
            image[rng.random(shape) < 0.1] = rng.choice(np.float32([0.0, -0.0, 1.0, 2**-149]))
        else:
            image = rng.integers(0, WHITE[dtype] + 1, shape).astype(dtype)
        found.append(image)
    return found


def twin(given):
    """Every attribute, by rational numbers and NumPy's own counting."""
    dtype = given[0].dtype.name
    pixels = np.concatenate([image.reshape(-1, image.shape[-1]) for image in given])
    found = {"dtype": dtype, "images": len(given), "pixels": len(pixels)}
    columns = pixels.T
    if dtype == "float32":
        inside = [column[(column >= 0) & (column <= 1)] for column in columns]
        bins = [np.minimum(np.floor(v.astype(np.float64) * 256), 255).astype(int) for v in inside]
        found["outside"] = tuple((int((c < 0).sum()), int((c > 1).sum())) for c in columns)
        unit = 2**149
    else:
        bins, unit = columns, 1
        found["outside"] = ((0, 0),) * len(columns)
    found["histogram"] = np.stack(
        [np.bincount(row, minlength=65536 if dtype == "uint16" else 256) for row in bins]
    )
    values = [[Fraction(value) for value in column.tolist()] for column in columns]
    found["sums"] = tuple(sum(column) * unit for column in values)
    found["squares"] = tuple(sum(v * v for v in column) * unit**2 for column in values)
    found["low"] = tuple(float(min(column)) for column in values)
    found["high"] = tuple(float(max(column)) for column in values)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_equal_to_the_twin(dtype, channels):
    given = images(dtype, 6, channels)
    found = ba.fit_statistics(given, layout="HWC")
    for name, expected in twin(given).items():
        assert np.array_equal(getattr(found, name), expected), name


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_else_enters(dtype, tmp_path):
    """Order, threads, batches, memory layout, and what the images come in."""
    rng = random.Random(1)
    given = [np.ascontiguousarray(i) for i in np.stack([images(dtype, 1)[0]] * 12)]
    for i, image in enumerate(given):
        given[i] = np.roll(image, i, axis=1) if i % 2 else image[::-1]
    batch, whole = np.stack(given), ba.fit_statistics(given)
    shuffled = rng.sample(given, len(given))
    paths = []
    for i, image in enumerate(given):
        paths.append(tmp_path / f"{i}.npy")
        np.save(paths[-1], image)
    planar = np.ascontiguousarray(np.moveaxis(batch, -1, 1))
    swapped = batch.astype(batch.dtype.newbyteorder())

    class Dataset:
        def __len__(self):
            return len(given)

        def __getitem__(self, i):
            return {"image": given[i], "label": 7}

    for same in [
        ba.fit_statistics(shuffled),
        ba.fit_statistics(tuple(given)),
        ba.fit_statistics(iter(given)),
        ba.fit_statistics([(image, np.zeros((2, 2))) for image in given]),
        ba.fit_statistics(Dataset()),
        ba.fit_statistics(batch),
        ba.fit_statistics(batch, threads=3),
        ba.fit_statistics(iter(np.split(batch, 4))),
        ba.fit_statistics([batch[:5], batch[5:]]),
        ba.fit_statistics(planar, layout="NCHW"),
        ba.fit_statistics(planar.transpose(0, 3, 2, 1), layout="NHWC"),
        ba.fit_statistics(swapped),
        ba.fit_statistics(tmp_path),
        ba.fit_statistics(str(tmp_path), threads=3),
        ba.fit_statistics(paths[::-1], threads=2),
    ]:
        assert same == whole and hash(same) == hash(whole)
    assert ba.fit_statistics(given[:-1]) != whole


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_share_large_images(dtype):
    """Large enough that a second and a third thread are of use, for one image and for several."""
    rng = np.random.default_rng(3)
    large = rng.integers(0, 256, (701, 800, 3)).astype(dtype)
    if dtype == "float32":
        large /= 256
    for given in [large], [large[:300], large[300:]], large[None], large.transpose(1, 0, 2)[None]:
        one, *others = (ba.fit_statistics(given, threads=count) for count in (1, 2, 3, 16))
        assert all(other == one for other in others)
    bins = (large * 256 if dtype == "float32" else large).astype(int).reshape(-1, 3).T
    expected = [np.bincount(row, minlength=256).tolist() for row in bins]
    assert one.histogram[:, :256].tolist() == expected and one.pixels == bins.shape[1]
    # More of one magnitude than 64 bits hold the squares of.
    step = 149 - 8 if dtype == "float32" else 0
    assert one.sums == tuple(sum(row) << step for row in bins.tolist())
    assert one.squares == tuple(sum(n * n for n in row) << 2 * step for row in bins.tolist())


@pytest.mark.parametrize("dtype", DTYPES)
def test_parts_add_up(dtype):
    given = images(dtype, 9)
    whole = ba.fit_statistics(given)
    a, b, c = (ba.fit_statistics(given[i : i + 3]) for i in (0, 3, 6))
    assert a + b + c == c + (a + b) == whole != a + b
    for part in a, whole:
        text = part.to_json()
        again = ba.Statistics.from_json(text)
        assert again == part and again.to_json() == text
        # Plain JSON that a reader with 64-bit integers and doubles keeps.
        assert all(n < 2**63 for n in json.loads(text)["histogram"][0])
    assert ba.Statistics.from_json(a.to_json()) + b + c == whole


def test_zero_has_no_sign():
    """Or which of them came first would show."""
    for values in [-0.0, 0.0, 1.0], [0.0, -0.0, 1.0]:
        found = ba.fit_statistics([np.float32([values])])
        assert math.copysign(1, found.low[0]) == 1 and found.low == (0,)
        found = ba.fit_statistics([-np.float32([values])])
        assert math.copysign(1, found.high[0]) == 1 and found.high == (0,)


def root(value):
    """The square root to 100 digits."""
    with localcontext(prec=100):
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(5))
def test_mean_and_std_are_correctly_rounded(dtype, seed):
    given = images(dtype, 3, seed=seed)
    found, exact = ba.fit_statistics(given), twin(given)
    n, unit = exact["pixels"], 2**149 if dtype == "float32" else WHITE[dtype]
    for c in range(3):
        s, q = (Fraction(exact[name][c]) for name in ("sums", "squares"))
        assert found.mean[c] == float(s / (n * unit))
        assert found.std[c] == float(root((n * q - s * s) / (n * unit) ** 2))
        assert found.min[c] == exact["low"][c] / WHITE[dtype]
        assert found.max[c] == exact["high"][c] / WHITE[dtype]


def test_roots_round_to_even_only_at_ties():
    """2^53 + 1 lies between two float64; what is a little more or less does not."""
    tie = 2**53 + 1
    for scale in Fraction(1), Fraction(1, 3**40), Fraction(2) ** -700, Fraction(2) ** 700:
        if scale.denominator & (scale.denominator - 1):
            assert _root((tie * scale) ** 2) == float(tie * scale)
            continue
        assert _root((tie * scale) ** 2) == 2**53 * scale
        assert _root((tie * scale) ** 2 * (1 + Fraction(1, 10**60))) == (2**53 + 2) * scale
        assert _root((tie * scale) ** 2 * (1 - Fraction(1, 10**60))) == 2**53 * scale


def test_near_numpy():
    """On what NumPy computes well; std divides by the number of pixels, as its own does."""
    given = np.random.default_rng(1).random((5, 30, 30, 3), np.float32)
    found = ba.fit_statistics(given)
    assert np.allclose(found.mean, given.mean((0, 1, 2), np.float64), rtol=1e-14)
    assert np.allclose(found.std, given.std((0, 1, 2), np.float64), rtol=1e-13)


def test_no_cancellation():
    """Values around 1 that differ in their last bit."""
    image = np.full((100, 100, 1), 1, np.float32)
    image[::2] = np.nextafter(np.float32(1), np.float32(2))
    assert ba.fit_statistics([image]).std == (2.0**-24,)
    assert ba.fit_statistics([image]).mean == (1 + 2.0**-24,)


def test_normalize_gives_mean_zero_and_std_one():
    for dtype in DTYPES:
        given = images(dtype, 4, seed=2)
        if dtype == "float32":
            given = [np.clip(image, -0.2, 1.2) for image in given]
        for white in (None, 60000) if dtype == "uint16" else (None,):
            normalize = ba.fit_statistics(given).normalize(white=white)
            assert isinstance(normalize, ba.Normalize)
            made = ba.Compose([normalize], white=white)(given)
            flat = np.concatenate([image.reshape(-1, 3) for image in made]).astype(np.float64)
            assert np.abs(flat.mean(0)).max() < 1e-5 and np.abs(flat.std(0) - 1).max() < 1e-5
    raw = ba.fit_statistics([np.float32([[0, 1000], [3000, 4000]])])
    assert raw.normalize(white=4000).mean == (0.5,)
    with pytest.raises(ValueError, match="parts of white"):
        raw.normalize()
    scan = ba.fit_statistics([np.uint16([[0, 4095], [1000, 3095]])])
    assert scan.normalize(white=4095).mean == (0.5,)
    with pytest.raises(ValueError, match=r"4095 of 65535: normalize\(white=4095\)"):
        scan.normalize()
    constant = np.dstack([np.arange(4).reshape(2, 2), np.full((2, 2), 51)]).astype(np.uint8)
    with pytest.raises(ValueError, match=r"^channel 1 is 0\.2 in every pixel: its std is 0, and "):
        ba.fit_statistics([constant]).normalize()


def test_bins_of_floats():
    below = np.nextafter(np.float32(1), np.float32(0))
    values = [-0.5, -1e-45, -0.0, 0, 1 / 256, np.nextafter(np.float32(1 / 256), np.float32(0))]
    found = ba.fit_statistics([np.float32([[*values, below, 1, 1.0000001, 3e38]])])
    (row,) = found.histogram.tolist()
    assert found.outside == ((2, 2),)
    assert {i: n for i, n in enumerate(row) if n} == {0: 3, 1: 1, 255: 2}


def test_pillow_images_and_files(tmp_path):
    photo = np.random.default_rng(5).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "a.png")
    Image.fromarray(photo).convert("RGBA").save(tmp_path / "b.png")
    expected = ba.fit_statistics([photo, photo])
    assert ba.fit_statistics(tmp_path) == expected
    opened = [Image.open(path) for path in sorted(tmp_path.iterdir())]
    assert ba.fit_statistics(opened) == expected
    Image.fromarray(photo[..., 0].astype(np.uint16)).save(tmp_path / "c.png")
    message = r"^c\.png: images\[2\]: 1 channel of uint16; those before are 3 channels of uint8$"
    for threads in 1, 2:
        with pytest.raises(ValueError, match=message):
            ba.fit_statistics(tmp_path, threads=threads)
    (tmp_path / "0.png").write_bytes((tmp_path / "a.png").read_bytes()[:100])
    with pytest.raises(OSError, match=r"^\S*/0\.png: it cannot be read: "):
        ba.fit_statistics(tmp_path)


def test_a_reused_buffer_is_no_trap():
    """A generator that fills one array again and again."""
    given = images("uint8", 1) * 5

    def frames():
        buffer = np.empty_like(given[0])
        for i, image in enumerate(given):
            buffer[...] = image + np.uint8(i)
            yield buffer

    expected = ba.fit_statistics([image + np.uint8(i) for i, image in enumerate(given)])
    assert ba.fit_statistics(frames()) == expected


def infinite(place):
    given = [np.zeros((4, 4, 3), np.float32) for _ in range(6)]
    given[place][1, 2, 0] = math.inf
    given[5][:] = math.nan
    return given


GRAY = np.zeros((5, 6, 7), np.uint8)
ZERO = np.zeros((2, 2, 3), np.uint8)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_empty_batch_adds_nothing(place, dtype):
    images = (np.arange(96).reshape(2, 4, 4, 3) / 100).astype(dtype)
    batches = [images[:1], images[1:]]
    # Of another type than the rest, too: it has no value that would not fit.
    batches.insert(place, images[:0].astype(np.float32))
    for given in (batches, iter(batches)):
        assert ba.fit_statistics(given) == ba.fit_statistics(images)


@pytest.mark.parametrize(
    ("kind", "message", "given", "options"),
    [
        (ValueError, "images: empty; one is needed", [], {}),
        (ValueError, "images: empty; one is needed", iter(()), {}),
        (ValueError, "images: empty; one is needed", ZERO[None][:0], {}),
        (ValueError, "images: empty; one is needed", [ZERO[None][:0]] * 2, {"layout": "NHWC"}),
        (
            TypeError,
            "images: a dict; give its values, as list(images.values())",
            {"a": ZERO},
            {},
        ),
        (
            ValueError,
            "images[3]: a NaN or an infinity; finite values are needed",
            infinite(3),
            {"threads": 3},
        ),
        (
            ValueError,
            "images[4]: a NaN or an infinity; finite values are needed",
            iter(np.split(np.stack(infinite(4)), 3)),
            {},
        ),
        (
            ValueError,
            "images[2]: 1 channel of uint8; those before are 3 channels of uint8",
            [ZERO, ZERO, ZERO[..., 0]],
            {},
        ),
        (
            ValueError,
            "images[1]: 3 channels of uint16; those before are 3 channels of uint8",
            iter([ZERO, ZERO.astype(np.uint16)]),
            {},
        ),
        (
            TypeError,
            "images[1]: dtype float64 is not uint8, uint16 or float32: .astype(np.float32)",
            [ZERO, ZERO.astype(float)],
            {},
        ),
        (
            ValueError,
            "images: an array of shape [5, 6, 7] could be 5 images of 6 x 7 "
            '(layout="NHW") or, as one image, 7 channels of 5 x 6 (layout="HWC") or 5 channels of '
            '6 x 7 (layout="CHW"): write the layout',
            GRAY,
            {},
        ),
        (
            TypeError,
            "images[0]: several images; a sample has one image",
            iter([[ZERO, ZERO]]),
            {},
        ),
        (
            TypeError,
            "images[1]: a dict without `image`; it has label",
            [{"image": ZERO}, {"label": 1}],
            {},
        ),
        (
            TypeError,
            "images[280]: a dict without `image`; it has label",
            [ZERO] * 280 + [{"label": 1}],
            {},
        ),
        (
            ValueError,
            "images[281]: 1 channel of uint8; those before are 3 channels of uint8",
            [ZERO] * 280 + [ZERO[None], ZERO[..., 0]],
            {},
        ),
        (
            TypeError,
            "images: int is no folder, array, list, data set or iterable",
            5,
            {},
        ),
        (TypeError, "images[1]=5: a path is needed, as images[0] is one", ["a.png", 5], {}),
        (ValueError, "threads=0: 1 to 1024", [ZERO], {"threads": 0}),
    ],
)
def test_refused(kind, message, given, options):
    with pytest.raises(kind) as error:
        ba.fit_statistics(given, **options)
    assert type(error.value) is kind and str(error.value) == message


def test_gray_images_in_an_array():
    assert ba.fit_statistics(GRAY, layout="NHW").images == 5
    assert ba.fit_statistics(GRAY, layout="HWC").channels == 7


def test_all_numbers_count():
    """Of equal sums, squares and extremes."""
    one, other = (
        ba.fit_statistics([np.array([[*values, 0, 6]], np.uint8)])
        for values in ((0, 4, 5), (1, 2, 6))
    )
    assert (one.sums, one.squares, one.low, one.high) == ((15,), (77,), (0,), (6,))
    assert (other.sums, other.squares, other.low, other.high) == ((15,), (77,), (0,), (6,))
    assert one != other and one != 5


def test_other_kinds_do_not_add_up():
    a, b = (ba.fit_statistics([image]) for image in (ZERO, ZERO.astype(np.uint16)))
    with pytest.raises(ValueError, match=r"^3 x uint8 and 3 x uint16$"):
        a + b
    with pytest.raises(TypeError):
        a + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistics": 2}, '"statistics": 1 is not in it'),
        ({"dtype": "int8"}, "dtype='int8': uint8, uint16 or float32"),
        ({"more": 1}, "the fields are dtype, images, pixels, histogram, outside, low, high, sums"),
        ({"pixels": 5}, "histogram: counts from 0 on with the sum 5 are needed"),
        ({"images": 0}, "images=0: 1 to"),
        ({"histogram": [[1] * 9]}, r"histogram: shape \(1, 9\); channels x 256 is needed"),
        ({"histogram": [[0.5] * 256]}, "histogram: dtype float64 is not one of integers"),
        ({"outside": [[0, 0, 0]]}, r"outside: shape \(1, 3\); 1 x 2 is needed"),
        ({"sums": ["1e5"]}, "sums='1e5': a whole number as a text is needed"),
        ({"squares": ["0"]}, "low, high, sums, squares: no pixels have these"),
        ({"low": [2.0]}, "low, high, sums, squares: no pixels have these"),
        ({"low": []}, "low=.*: 1 values are needed"),
    ],
)
def test_documents_that_contradict_themselves(change, message):
    one = json.loads(ba.fit_statistics([np.full((2, 2), 0.5, np.float32)]).to_json())
    with pytest.raises(ValueError, match=f"^document: {message}"):
        ba.Statistics.from_json(json.dumps(one | change))
