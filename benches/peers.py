"""The contenders: what is compared, and how each library is asked to do it.

A library is a function from a case to its calls; a call takes one prepared image and returns a
contiguous result. Libraries are imported where they are used, so that one can be missing.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Call = Callable[[Any], Any]
Calls = dict[str, Call]


@dataclasses.dataclass(frozen=True)
class Row:
    """One kind of work. `bar`: at least so many times faster than `against`, by default the
    fastest peer. `limit`: how far a result may lie from bitaug's, as a mean difference; None
    where the draws differ. `notes`: in what a peer's work is not the same."""

    title: str
    bar: float | None = None
    against: str | None = None
    limit: float | None = 1.0
    notes: dict[str, str] = dataclasses.field(default_factory=dict)
    recipe: bool = False


PLAIN = "do not antialias"
AREA = "average areas: antialiased, by a narrower filter"
ROWS = {
    "imagenet": Row(
        "recipe imagenet", 4, limit=None, recipe=True,
        notes={"AlbumentationsX": PLAIN, "augrs": PLAIN},
    ),
    "simclr": Row(
        "recipe simclr", 5, limit=None, recipe=True,
        notes={"AlbumentationsX": PLAIN, "augrs": PLAIN},
    ),
    "geo": Row(
        "recipe geo", 5, limit=None, recipe=True,
        notes={"torchvision": "multiplies for brightness and fixes the noise's sigma"},
    ),
    "affine": Row("affine, bilinear", 3),
    "rotate": Row("rotate, bilinear", 3),
    "rrc": Row(
        "crop and resize to 224, antialiased", 2, "Pillow-SIMD", limit=2.5,
        notes=dict.fromkeys(["OpenCV", "AlbumentationsX", "augrs"], AREA),
    ),
    "rrc plain": Row("crop and resize to 224, not antialiased", 1.3, "OpenCV"),
    "resize": Row(
        "resize to half, antialiased", 2.5, "Pillow-SIMD", limit=2.5,
        notes=dict.fromkeys(["OpenCV", "AlbumentationsX", "augrs"], AREA),
    ),
    "jitter": Row("colour jitter b/c/s/h", 5, limit=2.5),
    "linear": Row("brightness, contrast", 1.5),
    "gray": Row("grey, three channels", 1.5),
    "blur 5": Row("Gaussian blur 5", 2),
    "blur 23": Row(
        "Gaussian blur 23", 3,
        notes=dict.fromkeys(["Pillow", "Pillow-SIMD"], "approximate it by boxes"),
    ),
    "noise": Row("Gaussian noise", 5.5, limit=None),
    "normalize": Row(
        "normalise, float32", 1, limit=0.01, notes={"torchvision": "goes from CHW to CHW"}
    ),
    "normalize chw": Row(
        "normalise, float32, CHW", 1, limit=0.01,
        notes={"torchvision": "is given CHW, so it transposes nothing"},
    ),
    "hflip": Row("flip left-right", 1, limit=0),
    "vflip": Row("flip top-bottom", 1, limit=0),
    "crop": Row("crop 3/4", 1, limit=0),
    "pad": Row("pad by 1/16, reflecting", 1, limit=0),
    "dropout": Row("CoarseDropout, 8 holes of 1/8", 1 / 1.5, "memcpy", limit=None),
    "copy": Row("an op that does not apply, against memcpy", limit=0),
}  # fmt: skip

# One choice of parameters for the single ops, equal for all.
ANGLE, SCALE, SHIFT = 15.0, 1.1, (1 / 16, 1 / 32)  # whole pixels, as some round them
BRIGHTNESS, CONTRAST, SATURATION, HUE = 1.2, 0.8, 1.3, 0.1
GAIN, LIFT = 1.2, 0.1  # v * GAIN + LIFT * white
SIGMA = {5: 1.1, 23: 3.8}  # of a blur, by its kernel's side
NOISE = 0.1  # its standard deviation, as a part of white
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HOLES, HOLE = 8, 0.125
ORDER = ["brightness", "contrast", "saturation", "hue"]


@dataclasses.dataclass(frozen=True)
class Case:
    """An image's side, and the window that the fixed random resized crop takes."""

    side: int
    window: tuple[int, int, int] = (0, 0, 0)  # left, top, side

    @property
    def cut(self) -> int:
        return self.side * 3 // 4

    @property
    def frame(self) -> int:
        return max(1, self.side // 16)

    def crop(self, image: np.ndarray) -> np.ndarray:
        left, top, size = self.window
        return image[top : top + size, left : left + size]

    def warps(self, call: Callable[[np.ndarray], Call]) -> Calls:
        """The calls for affine and rotate, given the matrix: input to output pixel indices."""
        cos, sin = math.cos(math.radians(ANGLE)), math.sin(math.radians(ANGLE))
        center = np.full(2, self.side / 2 - 0.5)
        calls = {}
        for name, scale, shift in ("affine", SCALE, SHIFT), ("rotate", 1.0, (0.0, 0.0)):
            linear = scale * np.array([[cos, sin], [-sin, cos]])
            move = center + self.side * np.array(shift) - linear @ center
            calls[name] = call(np.column_stack([linear, move]))
        return calls


def blurs(call: Callable[[int, float], Any]) -> dict[str, Any]:
    return {f"blur {side}": call(side, sigma) for side, sigma in SIGMA.items()}


def pair(value: Any) -> tuple[Any, Any]:
    return value, value


def chw(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def bitaug_recipes() -> dict[str, list[Any]]:
    """The recipes, stage by stage."""
    import bitaug as ba

    some, much = (0.6, 1.4), (0.2, 1.8)
    return {
        "imagenet": [
            ba.RandomResizedCrop(224),
            ba.HorizontalFlip(),
            ba.ColorJitter(brightness=some, contrast=some, saturation=some),
            ba.Normalize(),
            ba.ToCHW(),
        ],
        "simclr": [
            ba.RandomResizedCrop(224),
            ba.HorizontalFlip(),
            ba.ColorJitter(brightness=much, contrast=much, saturation=much, hue=(-0.2, 0.2), p=0.8),
            ba.ToGray(p=0.2),
            ba.GaussianBlur(blur_limit=(23, 23), sigma_limit=(0.1, 2.0), p=0.5),
            ba.Normalize(),
            ba.ToCHW(),
        ],
        "geo": [
            ba.HorizontalFlip(),
            ba.Affine(scale=(0.9, 1.1), rotate=(-15, 15), translate=pair((-0.05, 0.05))),
            ba.RandomBrightnessContrast(brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2)),
            ba.GaussNoise(std_range=(0.02, 0.1)),
            ba.Normalize(),
            ba.ToCHW(),
        ],
    }


def bitaug_ops(case: Case) -> dict[str, Any]:
    import bitaug as ba

    half, window = case.side // 2, {"scale": (0.5, 0.5), "ratio": (1.0, 1.0)}
    hole = {"hole_height_range": pair(HOLE), "hole_width_range": pair(HOLE)}
    jitter = {"brightness": BRIGHTNESS, "contrast": CONTRAST, "saturation": SATURATION, "hue": HUE}
    return {
        **{name: ba.Compose(stages) for name, stages in bitaug_recipes().items()},
        **blurs(lambda side, s: ba.GaussianBlur(blur_limit=pair(side), sigma_limit=pair(s))),
        "affine": ba.Affine(scale=SCALE, rotate=pair(ANGLE), translate=tuple(map(pair, SHIFT))),
        "rotate": ba.Affine(rotate=pair(ANGLE)),
        "rrc": ba.RandomResizedCrop(224, **window),
        "rrc plain": ba.RandomResizedCrop(224, **window, antialias=False),
        "resize": ba.Resize(height=half, width=half),
        "jitter": ba.ColorJitter(**{part: pair(value) for part, value in jitter.items()}),
        "linear": ba.RandomBrightnessContrast(
            brightness_limit=pair(LIFT), contrast_limit=pair(GAIN - 1)
        ),
        "gray": ba.ToGray(p=1),
        "noise": ba.GaussNoise(std_range=NOISE),
        "normalize": ba.Normalize(),
        "normalize chw": ba.Compose([ba.Normalize(), ba.ToCHW()]),
        "hflip": ba.HorizontalFlip(p=1),
        "vflip": ba.VerticalFlip(p=1),
        "crop": ba.CenterCrop(height=case.cut, width=case.cut),
        "pad": ba.Pad(padding=case.frame, border="reflect101"),
        "dropout": ba.CoarseDropout(num_holes_range=HOLES, **hole, p=1),
        "copy": ba.HorizontalFlip(p=0),
    }


def drawn(op: Any, index: int, side: int) -> dict[str, Any]:
    """The parameters that a single op draws."""
    params = op.params(seed=1, epoch=0, index=index, shape=(side, side, 3))
    values: dict[str, Any] = params["ops"][0]["params"]
    return values


def bitaug_case(side: int) -> Case:
    """The case whose window is the one that bitaug draws."""
    window = drawn(bitaug_ops(Case(side))["rrc"], 0, side)
    return Case(side, (window["left"], window["top"], window["width"]))


def bitaug(case: Case, reuse: bool = False) -> Calls:
    image = np.zeros((case.side, case.side, 3), np.uint8)

    def call(name: str, op: Any) -> Call:
        address: dict[str, Any] = {"seed": 1, "epoch": 0}
        if reuse:
            address["out"] = np.zeros_like(op(image, **address, index=0))
        if ROWS[name].recipe:  # new draws for each image, as in training
            count = itertools.count()
            return lambda image: op(image, **address, index=next(count))
        index = 0
        while name == "jitter" and drawn(op, index, case.side)["order"] != ORDER:
            index += 1
        return lambda image: op(image, **address, index=index)

    return {name: call(name, op) for name, op in bitaug_ops(case).items()}


SMALL_JITTER = "colour jitter b/c/s, 224 px"


def small_jitter() -> Call:
    """Without hue, in the same order, its output reused."""
    import bitaug as ba

    parts = {"brightness": BRIGHTNESS, "contrast": CONTRAST, "saturation": SATURATION}
    op = ba.ColorJitter(**{part: pair(value) for part, value in parts.items()})
    index = next(i for i in itertools.count() if drawn(op, i, 224)["order"] == ORDER)
    out = np.empty((224, 224, 3), np.uint8)
    return lambda image: op(image, seed=1, epoch=0, index=index, out=out)


def numpy_(case: Case) -> Calls:
    at = (case.side - case.cut) // 2
    middle = slice(at, at + case.cut)
    return {
        "hflip": lambda image: image[:, ::-1].copy(),
        "vflip": lambda image: image[::-1].copy(),
        "crop": lambda image: image[middle, middle].copy(),
    }


def memcpy(case: Case) -> Calls:
    return {"copy": np.ndarray.copy, "dropout": np.ndarray.copy}


def opencv(case: Case) -> Calls:
    import cv2

    cv2.setNumThreads(1)
    side, half = (case.side, case.side), (case.side // 2, case.side // 2)
    mean, scale = (*(255 * np.array(MEAN)), 0), (*(1 / (255 * np.array(STD))), 1)
    frame = [case.frame] * 4

    def noise(image: np.ndarray) -> np.ndarray:
        drawn = np.empty(image.shape, np.int16)
        cv2.randn(drawn, (0,) * 3, (NOISE * 255,) * 3)
        return cv2.add(image, drawn, dtype=cv2.CV_8U)

    def normalize(image: np.ndarray) -> np.ndarray:
        centred = cv2.subtract(image, mean, dtype=cv2.CV_32F)
        return cv2.multiply(centred, scale, dst=centred)

    return {
        **case.warps(lambda m: lambda image: cv2.warpAffine(image, m, side)),
        **blurs(lambda side, s: lambda image: cv2.GaussianBlur(image, (side, side), s)),
        "rrc": lambda image: cv2.resize(case.crop(image), (224, 224), interpolation=cv2.INTER_AREA),
        "rrc plain": lambda image: cv2.resize(case.crop(image), (224, 224)),
        "resize": lambda image: cv2.resize(image, half, interpolation=cv2.INTER_AREA),
        "linear": lambda image: cv2.convertScaleAbs(image, alpha=GAIN, beta=LIFT * 255),
        "gray": lambda image: cv2.cvtColor(
            cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB
        ),
        "noise": noise,
        "normalize": normalize,
        "normalize chw": lambda image: chw(normalize(image)),
        "hflip": lambda image: cv2.flip(image, 1),
        "vflip": lambda image: cv2.flip(image, 0),
        "pad": lambda image: cv2.copyMakeBorder(image, *frame, cv2.BORDER_REFLECT_101),
    }


def albumentations_like(A: Any, case: Case, **options: Any) -> Calls:
    """AlbumentationsX and augrs, whose interfaces are alike."""
    area, reflect101 = 3, 4  # OpenCV's numbers
    half, whole = case.side // 2, case.side + 2 * case.frame
    x, y = SHIFT
    hole = {"hole_height_range": pair(HOLE), "hole_width_range": pair(HOLE)}
    recipes = {
        "imagenet": [
            A.RandomResizedCrop(size=(224, 224)),
            A.HorizontalFlip(),
            A.ColorJitter(*[(0.6, 1.4)] * 3, (0, 0), p=1),
        ],
        "simclr": [
            A.RandomResizedCrop(size=(224, 224)),
            A.HorizontalFlip(),
            A.ColorJitter(*[(0.2, 1.8)] * 3, (-0.2, 0.2), p=0.8),
            A.ToGray(p=0.2),
            A.GaussianBlur((23, 23), (0.1, 2.0), p=0.5),
        ],
        "geo": [
            A.HorizontalFlip(),
            A.Affine(scale=(0.9, 1.1), rotate=(-15, 15), translate_percent=(-0.05, 0.05), p=1),
            A.RandomBrightnessContrast((-0.2, 0.2), (-0.2, 0.2), True, p=1),
            A.GaussNoise(std_range=(0.02, 0.1), per_channel=True, p=1),
        ],
        "normalize chw": [],
    }
    ops = {
        **blurs(lambda side, s: A.GaussianBlur(pair(side), pair(s), p=1)),
        "affine": A.Affine(
            scale=pair(SCALE), rotate=pair(ANGLE),
            translate_percent={"x": pair(x), "y": pair(y)}, p=1,
        ),
        "rotate": A.Rotate(pair(ANGLE), p=1),
        "rrc": A.Resize(224, 224, interpolation=area),
        "rrc plain": A.Resize(224, 224),
        "resize": A.Resize(half, half, interpolation=area),
        "jitter": A.ColorJitter(*map(pair, [BRIGHTNESS, CONTRAST, SATURATION, HUE]), p=1),
        "linear": A.RandomBrightnessContrast(pair(LIFT), pair(GAIN - 1), True, p=1),
        "gray": A.ToGray(p=1),
        "noise": A.GaussNoise(std_range=pair(NOISE), per_channel=True, p=1),
        "normalize": A.Normalize(),
        "hflip": A.HorizontalFlip(p=1),
        "vflip": A.VerticalFlip(p=1),
        "crop": A.CenterCrop(case.cut, case.cut),
        "pad": A.PadIfNeeded(whole, whole, border_mode=reflect101),
        "dropout": A.CoarseDropout(num_holes_range=pair(HOLES), **hole, p=1),
    }  # fmt: skip

    def call(name: str, stages: list[Any]) -> Call:
        run = A.Compose(stages, **options)
        if name in recipes:
            return lambda image: chw(run(image=image)["image"])
        if name.startswith("rrc"):
            return lambda image: run(image=np.ascontiguousarray(case.crop(image)))["image"]
        return lambda image: np.ascontiguousarray(run(image=image)["image"])

    stages = {name: [*recipe, A.Normalize()] for name, recipe in recipes.items()}
    stages |= {name: [op] for name, op in ops.items()}
    return {name: call(name, ops) for name, ops in stages.items()}


def albumentationsx(case: Case) -> Calls:
    import albumentations

    return albumentations_like(albumentations, case, telemetry=False)


def augrs(case: Case) -> Calls:
    import augrs

    return albumentations_like(augrs, case)


def torchvision(case: Case) -> Calls:
    import torch
    from torchvision.transforms import v2
    from torchvision.transforms.v2 import functional as F

    torch.set_num_threads(1)
    bilinear = v2.InterpolationMode.BILINEAR
    left, top, size = case.window
    window = (top, left, size, size, [224, 224])
    half, shift = case.side // 2, [case.side * part for part in SHIFT]
    normalize = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]

    def jitter(image: Any) -> Any:
        image = F.adjust_contrast(F.adjust_brightness(image, BRIGHTNESS), CONTRAST)
        return F.adjust_hue(F.adjust_saturation(image, SATURATION), HUE)

    recipes = {
        "imagenet": [
            v2.RandomResizedCrop(224),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(0.4, 0.4, 0.4),
        ],
        "simclr": [
            v2.RandomResizedCrop(224),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            v2.RandomGrayscale(p=0.2),
            v2.RandomApply([v2.GaussianBlur(23, (0.1, 2.0))], p=0.5),
        ],
        "geo": [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(15, (0.05, 0.05), (0.9, 1.1), interpolation=bilinear),
            v2.ColorJitter(0.2, 0.2),
            v2.GaussianNoise(sigma=0.06),
        ],
        "normalize": [],
        "normalize chw": [],
    }
    calls: Calls = {
        **{name: v2.Compose([*recipe, *normalize]) for name, recipe in recipes.items()},
        **blurs(lambda side, s: lambda image: F.gaussian_blur(image, [side] * 2, [s] * 2)),
        "affine": lambda image: F.affine(image, -ANGLE, shift, SCALE, [0.0, 0.0], bilinear),
        "rotate": lambda image: F.rotate(image, ANGLE, bilinear),
        "rrc": lambda image: F.resized_crop(image, *window),
        "rrc plain": lambda image: F.resized_crop(image, *window, antialias=False),
        "resize": lambda image: F.resize(image, [half, half]),
        "jitter": jitter,
        "gray": lambda image: F.rgb_to_grayscale(image, 3),
        "noise": lambda image: F.gaussian_noise(image, 0.0, NOISE),
        "hflip": F.horizontal_flip,
        "vflip": F.vertical_flip,
        "crop": lambda image: F.center_crop(image, [case.cut] * 2),
        "pad": lambda image: F.pad(image, [case.frame] * 4, padding_mode="reflect"),
    }

    def contiguous(call: Call) -> Call:
        return lambda image: call(image).contiguous()

    return {name: contiguous(call) for name, call in calls.items()}


def kornia_rs(case: Case) -> Calls:
    from kornia_rs import imgproc

    side, cut, at = (case.side, case.side), case.cut, (case.side - case.cut) // 2
    left, top, size = case.window

    def warp(matrix: np.ndarray) -> Call:
        numbers = matrix.ravel().tolist()
        return lambda image: imgproc.warp_affine(image, numbers, side, "bilinear")

    return {
        **case.warps(warp),
        **blurs(lambda k, s: lambda image: imgproc.gaussian_blur(image, (k, k), (s, s))),
        "rrc plain": lambda image: imgproc.resize(
            imgproc.crop(image, left, top, size, size), (224, 224), "bilinear"
        ),
        "gray": lambda image: imgproc.rgb_from_gray(imgproc.gray_from_rgb(image)),
        "hflip": imgproc.horizontal_flip,
        "vflip": imgproc.vertical_flip,
        "crop": lambda image: imgproc.crop(image, at, at, cut, cut),
    }


def pillow(case: Case) -> Calls:
    from PIL import Image, ImageFilter

    bilinear, flip = Image.Resampling.BILINEAR, Image.Transpose
    left, top, size = case.window
    box = (left, top, left + size, top + size)
    at, half = (case.side - case.cut) // 2, case.side // 2
    middle = (at, at, at + case.cut, at + case.cut)
    table = [min(255, int(v * GAIN + LIFT * 255 + 0.5)) for v in range(256)] * 3

    def warp(matrix: np.ndarray) -> Call:
        inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        inverse[:, 2] += 0.5 - inverse[:, :2] @ [0.5, 0.5]  # its coordinates are those of edges
        numbers = tuple(inverse.ravel())
        affine = Image.Transform.AFFINE
        return lambda image: image.transform(image.size, affine, numbers, bilinear)

    return {
        **case.warps(warp),
        "rrc": lambda image: image.resize((224, 224), bilinear, box),
        "resize": lambda image: image.resize((half, half), bilinear),
        "linear": lambda image: image.point(table),
        "gray": lambda image: image.convert("L").convert("RGB"),
        "blur 23": lambda image: image.filter(ImageFilter.GaussianBlur(SIGMA[23])),
        "hflip": lambda image: image.transpose(flip.FLIP_LEFT_RIGHT),
        "vflip": lambda image: image.transpose(flip.FLIP_TOP_BOTTOM),
        "crop": lambda image: image.crop(middle),
    }


def to_tensor(image: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(chw(image))


def to_pillow(image: np.ndarray) -> Any:
    from PIL import Image

    return Image.fromarray(image)


# peer: its calls, how it is given an image, the package whose version counts
PEERS: dict[str, tuple[Callable[[Case], Calls], Call, str]] = {
    "AlbumentationsX": (albumentationsx, np.asarray, "albumentationsx"),
    "augrs": (augrs, np.asarray, "augrs-py"),
    "OpenCV": (opencv, np.asarray, "opencv-python-headless"),
    "torchvision": (torchvision, to_tensor, "torchvision"),
    "kornia-rs": (kornia_rs, np.asarray, "kornia-rs"),
    "Pillow": (pillow, to_pillow, "pillow"),
    "NumPy": (numpy_, np.asarray, "numpy"),
    "memcpy": (memcpy, np.asarray, "numpy"),
}
