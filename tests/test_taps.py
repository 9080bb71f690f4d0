"""Windows of weighted samples, sharpened and softened images, against OpenCV."""

import cv2
import numpy as np
import pytest

import bitaug as ba
from tests.reference.ops.motion_blur import cells

AT = {"seed": 1, "epoch": 0, "index": 0}
DTYPES = {"uint8": (255, 1), "uint16": (65535, 1), "float32": (1, 2e-6)}
SHAPES = [(60, 300, 3), (33, 65, 1), (1, 1, 1), (2, 9, 4)]
FORMS = [(dtype, shape) for dtype in DTYPES for shape in SHAPES]
forms = pytest.mark.parametrize(("dtype", "shape"), FORMS)


def images(dtype, shape):
    """Noise, few values, black and white."""
    rng = np.random.default_rng(0)
    noise = rng.random(shape)
    for values in noise, np.floor(noise * 5) / 4, noise < 0.5:
        values = values * DTYPES[dtype][0]
        yield values.astype(dtype) if dtype == "float32" else np.rint(values).astype(dtype)


def close_to(op, kernel, dtype, shape, clip=True):
    white, bound = DTYPES[dtype]
    for image in images(dtype, shape):
        exact = cv2.filter2D(image.astype(np.float64), -1, kernel).reshape(shape)
        if clip:
            exact = np.clip(exact, 0, white)
        if dtype != "float32":
            theirs = cv2.filter2D(image, -1, kernel).reshape(shape)
            assert np.abs(op(image, layout="HWC", **AT) - theirs.astype(np.float64)).max() <= bound
        error = np.abs(op(image, layout="HWC", **AT) - exact).max()
        assert error <= (bound if dtype == "float32" else 0.502), (op, error)


@forms
@pytest.mark.parametrize(
    ("k", "angle", "direction"), [(3, 0, 0), (5, 45, 0), (7, 100, 0.3), (15, -77, -1), (31, 211, 1)]
)
def test_motion_by_opencv(dtype, shape, k, angle, direction):
    kernel = np.zeros((k, k))
    for y, x in cells(k, angle, direction, (0, 0)):
        kernel[y, x] = 1
    op = ba.MotionBlur(blur_limit=(k, k), angle_range=angle, direction_range=direction)
    close_to(op, kernel / kernel.sum(), dtype, shape, clip=False)


def test_motion_is_along_its_angle():
    """A spot becomes a line that leans as the angle says; its share of the pixel is kept."""
    spot = np.zeros((41, 41), np.float32)
    spot[20, 20] = 1
    for angle in range(0, 360, 15):
        blur = ba.MotionBlur(blur_limit=(31, 31), angle_range=angle, direction_range=0)
        line = blur(spot, **AT)
        assert line.sum() == pytest.approx(1, abs=1e-6)
        y, x = np.nonzero(line)
        far = np.hypot(x - 20, y - 20) > 5
        off = np.degrees(np.arctan2(20 - y[far], x[far] - 20)) - angle
        assert (np.abs((off + 90) % 180 - 90) < 7).all()


@forms
@pytest.mark.parametrize(("alpha", "strength"), [(0.2, 0.7), (0.5, 0.2), (1, 1), (0.3, 8)])
def test_emboss_by_opencv(dtype, shape, alpha, strength):
    s = strength
    effect = np.array([[-1 - s, -s, 0], [-s, 1, s], [0, s, 1 + s]])
    kernel = alpha * effect + (1 - alpha) * (np.arange(9).reshape(3, 3) == 4)
    close_to(ba.Emboss(alpha=alpha, strength=strength), kernel, dtype, shape)


@forms
@pytest.mark.parametrize(("alpha", "lightness"), [(0.2, 0.5), (0.5, 1), (1, 1), (0.7, 2)])
def test_sharpen_by_opencv(dtype, shape, alpha, lightness):
    effect = np.full((3, 3), -1.0)
    effect[1, 1] = 8 + lightness
    kernel = alpha * effect + (1 - alpha) * (np.arange(9).reshape(3, 3) == 4)
    close_to(ba.Sharpen(alpha=alpha, lightness=lightness), kernel, dtype, shape)


@forms
@pytest.mark.parametrize(("alpha", "k", "sigma"), [(0.5, 5, 1.0), (1.0, 13, 3.0)])
def test_gaussian_sharpening_by_opencv(dtype, shape, alpha, k, sigma):
    white, _ = DTYPES[dtype]
    op = ba.Sharpen(alpha=alpha, method="gaussian", kernel_size=k, sigma=sigma)
    for image in images(dtype, shape):
        exact = image.astype(np.float64)
        blurred = cv2.GaussianBlur(exact, (k, k), sigma).reshape(shape)
        error = np.abs(
            op(image, layout="HWC", **AT) - np.clip(exact + alpha * (exact - blurred), 0, white)
        )
        # The blurred image is rounded, and then what is made of it.
        assert error.max() <= {"float32": 4e-6}.get(dtype, 0.53 * (1 + alpha))


@forms
def test_advanced_blur_by_opencv(dtype, shape):
    """Kernels in NumPy's own functions."""
    op = ba.AdvancedBlur(blur_limit=(3, 15), sigma_x_limit=(0.3, 4), sigma_y_limit=(0.3, 4))
    params = op.params(seed=1, epoch=0, index=0, shape=shape, dtype=dtype)["ops"][0]["params"]
    k = params["kernel_size"]
    y, x = np.mgrid[:k, :k] - k // 2
    angle = np.radians(params["angle"])
    across, along = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    q = (across / params["sigma_x"]) ** 2 + (along / params["sigma_y"]) ** 2
    kernel = np.exp(-0.5 * q ** params["beta"]) * np.reshape(params["noise"], (k, k))
    kernel /= kernel.sum()
    _, bound = DTYPES[dtype]
    for image in images(dtype, shape):
        exact = cv2.filter2D(image.astype(np.float64), -1, kernel).reshape(shape)
        error = np.abs(op(image, layout="HWC", **AT) - exact).max()
        assert error <= (bound if dtype == "float32" else 0.505)


@forms
@pytest.mark.parametrize(("r", "sigma"), [(1, 0.5), (3, 0.1), (8, 0.5), (9, 0.7)])
def test_defocus_by_opencv(dtype, shape, r, sigma):
    reach = r + (1 if r <= 8 else 2)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = (x * x + y * y <= r * r).astype(np.float64)
    side = 2 * (reach - r) + 1
    kernel = cv2.GaussianBlur(
        disc / disc.sum(), (side, side), sigma, borderType=cv2.BORDER_CONSTANT
    )
    close_to(ba.Defocus(radius=(r, r), alias_blur=sigma), kernel, dtype, shape, clip=False)


@forms
@pytest.mark.parametrize(("k", "alpha"), [(3, 0.5), (7, 1.0)])
def test_unsharp_mask_by_opencv(dtype, shape, k, alpha):
    """Where its own blurred image has the same side of the threshold everywhere around."""
    white, _ = DTYPES[dtype]
    op = ba.UnsharpMask(blur_limit=(k, k), alpha=alpha, threshold=0.1)

    def blur(values):
        sigma = 0.3 * ((k - 1) / 2 - 1) + 0.8  # OpenCV has tables of its own for small sides
        return cv2.GaussianBlur(values, (k, k), sigma).reshape(shape)

    for image in images(dtype, shape):
        v = image / white
        b = blur(v)
        apart = np.abs(v - b)
        soft = blur((apart > 0.1).astype(np.float64))
        sharp = np.clip(v + alpha * (v - b), 0, 1)
        exact = v * (1 - soft) + sharp * soft
        unclear = blur((np.abs(apart - 0.1) < 0.01).astype(np.float64)) > 0
        error = np.abs(op(image, layout="HWC", **AT) / white - exact)[~unclear]
        # The two blurred images are rounded, and then what is made of them.
        bound = {"uint8": 1.6 / 255, "uint16": 1.6 / 65535, "float32": 4e-6}[dtype]
        assert error.max(initial=0) <= bound
