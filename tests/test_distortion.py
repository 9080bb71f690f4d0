"""What bends: against SciPy and OpenCV, and what must hold exactly."""

import math

import cv2
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

import bitaug as ba
from tests.reference import lattice, philox
from tests.reference.ops import elastic_transform, grid_distortion, optical_distortion
from tests.test_warp import BORDERS, DTYPES, FILL, INTERPOLATIONS, noise


def at(index=0):
    return {"seed": 1, "epoch": 0, "index": index}


def field(shape, alpha, sigma, index=0):
    """The lattice of an op alone in its pipeline."""
    key = philox.op_key(philox.stream_key(1, "train"), "ElasticTransform")
    words = [philox.Field(philox.pixel_key(key, 0), 0, index)]
    return elastic_transform.lattice({"alpha": alpha, "sigma": sigma}, shape, words)


def grid(op, shape, index=0):
    params = op.params(**at(index), shape=shape)["ops"][0]["params"]
    return grid_distortion.Grid(params, shape)


def lens(op, shape, index=0):
    params = op.params(**at(index), shape=shape)["ops"][0]["params"]
    return optical_distortion.Lens({"mode": op.mode}, params, shape)


def warps(dtype):
    """An image, what becomes of it, and where it is read, in pixel indices."""
    for index, (alpha, sigma) in enumerate([(12.0, 2.0), (30.0, 6.0), (200.0, 20.0)]):
        image = noise(dtype, seed=index)
        made = ba.ElasticTransform(alpha=alpha, sigma=sigma, border="edge")(image, **at(index))
        yield image, made, field(image.shape, alpha, sigma, index).coordinates()
    for index, steps in enumerate((1, 5, 16)):
        op, image = ba.GridDistortion(num_steps=steps), noise(dtype, seed=index)
        yield image, op(image, **at(index)), grid(op, image.shape, index).coordinates()
    for index, (k, mode) in enumerate([(0.4, "camera"), (-0.3, "fisheye"), (2.0, "fisheye")]):
        op = ba.OpticalDistortion(distort_limit=(k, k), mode=mode, border="edge")
        image = noise(dtype, seed=index)
        yield image, op(image, **at(index)), lens(op, image.shape, index).coordinates()


@pytest.mark.parametrize("dtype", DTYPES)
def test_against_scipy(dtype):
    for image, made, (x, y) in warps(dtype):
        where = [y / 2.0**32, x / 2.0**32]
        channels = [
            map_coordinates(image[..., c].astype(np.float64), where, order=1, mode="nearest")
            for c in range(3)
        ]
        bound = {"uint8": 1.5, "uint16": 1.51, "float32": 4e-7}[dtype]
        assert np.abs(made - np.stack(channels, -1)).max() <= bound


def test_against_opencv():
    limit = 1 if int(cv2.__version__.split(".")[0]) >= 5 else 9
    for image, made, at in warps("uint8"):
        x, y = (np.float32(v / 2.0**32) for v in at)
        want = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert np.abs(made.astype(int) - want).max() <= limit


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_nothing_moves_by_nothing(interpolation, dtype):
    image = noise(dtype, (37, 61, 3))
    for border in BORDERS:
        for sigma in (0.5, 4, 100):
            op = ba.ElasticTransform(
                alpha=0, sigma=sigma, border=border, fill=FILL, interpolation=interpolation
            )
            assert np.array_equal(op(image, **at()), image)
    for steps in (1, 3, 7, 37):
        still = ba.GridDistortion(
            num_steps=steps, distort_limit=(0, 0), interpolation=interpolation
        )
        assert np.array_equal(still(image, **at()), image)
    for mode in ("camera", "fisheye"):
        still = ba.OpticalDistortion(distort_limit=(0, 0), mode=mode, interpolation=interpolation)
        assert np.array_equal(still(image, **at()), image)


def test_what_the_field_is_like():
    """As wide as its definition says, at nodes as between them; alike at a distance of sigma."""
    for sigma in (1.0, 2.9, 3.0, 5.9, 6.0, 12.0):
        spread, alike, places = [], [], []
        for index in range(3):
            made = field((500, 500), 100.0, sigma, index)
            x, y = (v / 2.0**32 - n for v, n in zip(
                made.coordinates(), np.ogrid[:500, :500][::-1], strict=True))  # fmt: skip
            far = round(sigma)
            for d in (x, y):
                assert np.abs(d).max() <= 100
                spread.append(d.std() * sigma / 100)
                alike.append(np.corrcoef(d[:, far:].ravel(), d[:, :-far].ravel())[0, 1])
                h = made.h
                places.append(d[h // 2 :: h, h // 2 :: h].std() / d[::h, ::h].std())
        assert 0.154 < np.mean(spread) < 0.167, sigma
        assert abs(np.mean(alike) - math.exp(-(far**2) / (4 * sigma**2))) < 0.015
        assert 0.97 < np.mean(places) < 1.02


def test_coordinates_are_the_fields_of_points():
    """In integers, and as points have it in float64."""
    rng = np.random.default_rng(3)
    for sigma in (1.0, 5.0, 30.0, 400.0):
        made = field((60, 90), 50.0, sigma)
        x, y = made.coordinates()
        for column, row in zip(rng.integers(0, 90, 40), rng.integers(0, 60, 40), strict=True):
            got = np.array([x[row, column], y[row, column]]) / 2.0**32 + 0.5
            want = made.inverse((column + 0.5, row + 0.5))
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-9)


def test_points_go_where_pixels_are_read_from():
    """g(F(p)) = p where nothing folds; the library's F is the twin's everywhere."""
    rng = np.random.default_rng(2)
    for index, (alpha, sigma) in enumerate(
        [(9.0, 3.0), (50.0, 6.0), (600.0, 20.0), (120.0, 6.0), (60.0, 3.0), (400.0, 4.0)]
    ):
        shape = (70, 100)
        points = rng.uniform(-40, 140, (150, 2))
        made = field(shape, alpha, sigma, index)
        there = np.array([made.forward(point) for point in points + 0.5])
        op = ba.ElasticTransform(alpha=alpha, sigma=sigma)
        sample = op(image=np.zeros(shape, np.uint8), keypoints=points, **at(index))
        np.testing.assert_array_equal(sample["keypoints"], there - 0.5)
        errors = np.abs([made.inverse(y) for y in there] - (points + 0.5)).max(1)
        assert (errors <= 2.0**-16).mean() > 0.95 or alpha > 20 * sigma
        if alpha <= 1.5 * sigma**2:
            assert errors.max() <= 2.0**-16


def test_where_a_field_folds_the_nearest_pixel_is_found():
    made = field((40, 50), 300.0, 4.0)
    centres = np.stack(np.meshgrid(np.arange(50), np.arange(40)), -1).reshape(-1, 2) + 0.5
    read = np.array([made.inverse(centre) for centre in centres])
    rng = np.random.default_rng(1)
    searched = 0
    for point in rng.uniform(5, 35, (200, 2)):
        y = made.forward(point)
        if np.abs(made.inverse(y) - point).max() > 2.0**-8:
            searched += 1
            distance = ((read - point) ** 2).sum(1)
            assert distance.min() == ((made.inverse(y) - point) ** 2).sum()
    assert searched >= 3
    flat = lattice.Lattice(np.zeros((4, 5)), np.zeros((4, 5)), 1, (4, 5), 8.0)
    assert flat.nearest(np.array([99.0, 0.0]), "none") == "none"


def test_a_box_is_that_of_its_outline():
    """Of far more points than are looked at."""
    worst = []
    for index, (alpha, sigma) in enumerate([(45.0, 6.0), (400.0, 20.0)]):
        made = field((200, 200), alpha, sigma, index)
        op = ba.ElasticTransform(alpha=alpha, sigma=sigma)
        for box in ([60, 50, 90, 120], [40, 100, 150, 110]):
            sample = op(image=np.zeros((200, 200), np.uint8), bboxes=[box], **at(index))
            left, top, right, bottom = box
            x, y = np.linspace(left, right, 400), np.linspace(top, bottom, 400)
            sides = [(v, w) for v in x for w in (top, bottom)]
            sides += [(v, w) for v in (left, right) for w in y]
            points = np.array([made.forward(side) for side in sides])
            fine = [*points.min(0), *points.max(0)]
            worst.append(np.abs(sample["bboxes"][0] - fine).max())
    assert max(worst) <= 0.25


def test_frames_of_a_video_move_as_one():
    frames = np.stack([noise("uint8", (40, 50, 3))] * 3)
    made = ba.ElasticTransform()(images=frames, **at())["images"]
    assert np.array_equal(made[0], made[1]) and np.array_equal(made[0], made[2])


def test_a_grid_maps_the_frame_onto_itself():
    rng = np.random.default_rng(9)
    for index in range(60):
        shape = tuple(rng.integers(8, 400, 2).tolist())
        limit = sorted(rng.uniform(-0.95, 0.95, 2).tolist())
        op = ba.GridDistortion(num_steps=int(rng.integers(1, 9)), distort_limit=limit)
        made = grid(op, shape, index)
        for coordinates, n in zip(made.coordinates(), shape[::-1], strict=True):
            assert coordinates.min() >= -(2**31) and coordinates.max() <= (n << 32) - 2**31
        points = rng.uniform(0, 1, (50, 2)) * shape[::-1]
        back = np.array([made.forward(made.inverse(point)) for point in points])
        assert np.abs(back - points).max() <= 1e-12 * max(shape)
        frame = np.array([[0.0, 0.0], shape[::-1]])
        ends = np.array([made.forward(corner) for corner in frame])
        assert np.abs(ends - frame).max() <= 1e-12 * max(shape)
        sample = op(image=np.zeros(shape, np.uint8), keypoints=points - 0.5, **at(index))
        want = np.array([made.forward(point) for point in (points - 0.5) + 0.5]) - 0.5
        np.testing.assert_array_equal(sample["keypoints"], want)


def test_cells_end_where_they_say():
    """What lies on the line between two cells of the input lies on that of the output."""
    image = np.zeros((100, 200), np.uint8)
    op = ba.GridDistortion(num_steps=4)
    drawn = op.params(**at(), shape=image.shape)
    drawn["ops"][0]["params"] = {"columns": [0.5, 1.5, 1.0, 1.0], "rows": [1.0] * 4}
    moved = op.apply(drawn, image=image, keypoints=[[24.5, 24.5], [99.5, 49.5]])["keypoints"]
    np.testing.assert_allclose(moved, [[49.5, 24.5], [99.5, 49.5]], atol=1e-12)


def test_a_camera_is_opencvs():
    """Its maps of pixel indices, which are float32."""
    for index, shape in enumerate([(50, 70), (301, 200), (64, 640)]):
        h, w = shape
        for k in (-0.3, -0.05, 0.05, 0.7, 4.0):
            op = ba.OpticalDistortion(distort_limit=(k, k))
            matrix = np.array([[w, 0, (w - 1) / 2], [0, h, (h - 1) / 2], [0, 0, 1]])
            want = cv2.initUndistortRectifyMap(
                matrix, np.array([k, k, 0, 0, 0]), None, matrix, (w, h), cv2.CV_32FC1
            )
            for got, theirs in zip(lens(op, shape, index).coordinates(), want, strict=True):
                np.testing.assert_allclose(got / 2.0**32, theirs, rtol=0, atol=2e-4)


def test_points_go_through_a_lens():
    """F(g(p)) = p; the corners are seen at the distance that the formula gives."""
    rng = np.random.default_rng(5)
    for index in range(40):
        shape = tuple(rng.integers(1, 400, 2).tolist())
        mode, k = ("camera", "fisheye")[index % 2], float(rng.uniform(-0.33, 4))
        op = ba.OpticalDistortion(distort_limit=(k, k), mode=mode)
        made = lens(op, shape, index)
        points = rng.uniform(0, 1, (50, 2)) * shape[::-1]
        back = np.array([made.forward(made.inverse(point)) for point in points])
        assert np.abs(back - points).max() <= 1e-13 * max(shape)
        sample = op(image=np.zeros(shape, np.uint8), keypoints=points - 0.5, **at(index))
        want = np.array([made.forward(point) for point in (points - 0.5) + 0.5]) - 0.5
        np.testing.assert_array_equal(sample["keypoints"], want)
        read = np.array(made.inverse((0.0, 0.0))) / shape[::-1]
        np.testing.assert_allclose(read, 0.5 - 0.5 * (1 + k * (0.75 if mode == "camera" else 1)))
    centre = ba.OpticalDistortion()(
        image=np.zeros((4, 6), np.uint8), keypoints=[[2.5, 1.5]], **at()
    )
    assert centre["keypoints"].tolist() == [[2.5, 1.5]]


def test_a_box_is_that_of_its_outline_through_a_lens():
    for k, bound in ((0.05, 0.01), (-0.3, 0.1), (1.0, 0.1), (4.0, 0.25)):
        op = ba.OpticalDistortion(distort_limit=(k, k))
        made = lens(op, (200, 200))
        for box in ([60, 50, 90, 120], [40, 100, 190, 180]):
            sample = op(image=np.zeros((200, 200), np.uint8), bboxes=[box], **at())
            left, top, right, bottom = box
            x, y = np.linspace(left, right, 400), np.linspace(top, bottom, 400)
            sides = [(v, w) for v in x for w in (top, bottom)]
            sides += [(v, w) for v in (left, right) for w in y]
            points = np.array([made.forward(side) for side in sides])
            fine = np.clip([*points.min(0), *points.max(0)], 0, 200)
            assert np.abs(sample["bboxes"][0] - fine).max() <= bound


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ba.GridDistortion(num_steps=0), "num_steps=0: an integer within 1 to 64"),
        (lambda: ba.GridDistortion(num_steps=65), "num_steps=65: an integer within 1 to 64"),
        (lambda: ba.GridDistortion(distort_limit=(-1, 0)), r"distort_limit=\(-1, 0\): "),
        (
            lambda: ba.OpticalDistortion(distort_limit=(-1, 1)),
            r"distort_limit=\(-1, 1\): .* within -0.33 to 4; below, the image would fold",
        ),
        (lambda: ba.OpticalDistortion(distort_limit=(0, 5)), r"=\(0, 5\): .* within -0.33 to 4$"),
        (
            lambda: ba.OpticalDistortion()(np.zeros((1, 2**17 + 1), np.uint8), **at()),
            "OpticalDistortion: size=1 x 131073: sides of at most 131072 pixels",
        ),
        (lambda: ba.ElasticTransform(alpha=-1), r"alpha=\(-1, -1\): "),
        (lambda: ba.ElasticTransform(alpha=8193), "alpha="),
        (lambda: ba.ElasticTransform(sigma=0.4), "sigma="),
        (lambda: ba.ElasticTransform(sigma=(6, 5)), r"sigma=\(6, 5\): "),
        (
            lambda: ba.GridDistortion()(np.zeros((4, 9), np.uint8), **at()),
            "num_steps=5: at most 4, the image's shorter side",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("op", "params", "message"),
    [
        (ba.GridDistortion, {"columns": [1.0] * 4, "rows": [1.0] * 5}, "columns=4 values: 5"),
        (
            ba.GridDistortion,
            {"columns": [1.0] * 5, "rows": [0.0] * 5},
            "params: rows=0: a number within 0.05",
        ),
        (ba.OpticalDistortion, {"strength": -0.34}, "params: strength=-0.34: a number within"),
        (ba.ElasticTransform, {"alpha": 1e9, "sigma": 6.0}, "params: alpha="),
        (ba.ElasticTransform, {"alpha": 1.0, "sigma": 0.0}, "params: sigma="),
    ],
)
def test_edited_parameters_are_checked(op, params, message):
    image = np.zeros((20, 30), np.uint8)
    drawn = op().params(**at(), shape=image.shape)
    drawn["ops"][0]["params"] = params
    with pytest.raises(ValueError, match=f"{op.__name__}: {message}"):
        op().apply(drawn, image)


@pytest.mark.parametrize("op", [ba.ElasticTransform, ba.GridDistortion, ba.OpticalDistortion])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (3, 300)])
def test_thin_images(op, shape):
    image = np.arange(math.prod(shape), dtype=np.uint16).reshape(shape)
    made = op(num_steps=1) if op is ba.GridDistortion else op()
    assert made(image, **at()).shape == shape
