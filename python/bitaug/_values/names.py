"""What other libraries call things, and what that is here: for errors that say what to write."""

import difflib
import enum
import functools
import inspect
import itertools
from collections.abc import Callable, Collection, Iterable
from typing import Any, ParamSpec, TypeVar

from .plain import plain, shown, shown_name

P = ParamSpec("P")
T = TypeVar("T")

# Ops by other names: code that does the same or the nearest to it.
OPS = {
    "AddToHue": "ba.HueSaturationValue(sat_shift_limit=(0, 0), val_shift_limit=(0, 0))",
    "AddToHueAndSaturation": "ba.HueSaturationValue(val_shift_limit=(0, 0))",
    "AddToSaturation": "ba.HueSaturationValue(hue_shift_limit=(0, 0), val_shift_limit=(0, 0))",
    "AdditiveGaussianNoise": "ba.GaussNoise()",
    "AdjustSharpness": "ba.Sharpness(factor=(2, 2))",
    "AllChannelsCLAHE": "ba.CLAHE(p=1)",
    "AllChannelsHistogramEqualization": "ba.Equalize(p=1)",
    "AverageBlur": "ba.Blur()",
    "BGR2RGB": "ba.ChannelSwap()",
    "BoxBlur": "ba.Blur()",
    "ColorDegeneration": "ba.Color(factor=(0, 1))",
    "CropNonEmptyMaskIfExists": "ba.CropNonEmptyMask(height=256, width=256)",
    "Cutout": "ba.CoarseDropout(num_holes_range=8, hole_height_range=8, hole_width_range=8)",
    "Desaturate": "ba.Color(factor=(0, 0.5))",
    "Dilate": 'ba.Morphological(operation="dilation")',
    "Dilation": 'ba.Morphological(operation="dilation")',
    "Dropout": "ba.CoarseDropout()",
    "ElasticTransformation": "ba.ElasticTransform()",
    "EnhanceBrightness": "ba.Brightness()",
    "EnhanceColor": "ba.Color()",
    "EnhanceContrast": "ba.Contrast()",
    "EnhanceSharpness": "ba.Sharpness()",
    "Erasing": "ba.RandomErasing()",
    "Erode": 'ba.Morphological(operation="erosion")',
    "Erosion": 'ba.Morphological(operation="erosion")',
    "Expand": "ba.RandomZoomOut(side_range=(1, 4))",
    "Flip": "ba.Compose([ba.HorizontalFlip(), ba.VerticalFlip()])",
    "Fliplr": "ba.HorizontalFlip()",
    "Flipud": "ba.VerticalFlip()",
    "FrequencyMasking": "ba.XYMasking(num_masks_x=0)",
    "Gamma": "ba.RandomGamma()",
    "GammaContrast": "ba.RandomGamma()",
    "GaussianNoise": "ba.GaussNoise()",
    "Grayscale": "ba.ToGray(p=1)",
    "GridElasticDeform": "ba.ElasticTransform()",
    "HistogramEqualization": "ba.Equalize(by_channels=False, p=1)",
    "HueSaturation": "ba.ColorJitter(saturation=(0.7, 1.3), hue=(-0.05, 0.05))",
    "IAAAdditiveGaussianNoise": "ba.GaussNoise(std_range=(0.01, 0.05))",
    "IAAAffine": 'ba.Affine(rotate=(-10, 10), border="reflect")',
    "IAAEmboss": "ba.Emboss()",
    "IAAFliplr": "ba.HorizontalFlip()",
    "IAAFlipud": "ba.VerticalFlip()",
    "IAAPerspective": "ba.Perspective()",
    "IAAPiecewiseAffine": "ba.ElasticTransform()",
    "IAASharpen": "ba.Sharpen()",
    "Identity": "ba.Compose([])",
    "ImpulseNoise": "ba.SaltAndPepper()",
    "Invert": "ba.InvertImg(p=1)",
    "Jigsaw": "ba.RandomGridShuffle(grid=(4, 4))",
    "LargeScaleJitter": "ba.ScaleJitter(1024)",
    "JPEG": "ba.ImageCompression()",
    "JpegCompression": "ba.ImageCompression()",
    "MedianFilter": "ba.MedianBlur()",
    "MinIoURandomCrop": "ba.RandomIoUCrop()",
    "MultiplyElementwise": "ba.MultiplicativeNoise(elementwise=True)",
    "NoOp": "ba.Compose([])",
    "OneOrOther": "ba.OneOf([ba.HorizontalFlip(p=0.3), ba.VerticalFlip(p=0.7)])",
    "PhotoMetricDistortion": "ba.RandomPhotometricDistort()",
    "PhotometricDistort": "ba.RandomPhotometricDistort()",
    "PhotometricDistortion": "ba.RandomPhotometricDistort()",
    "PiecewiseAffine": "ba.ElasticTransform()",
    "RandomAdjustSharpness": "ba.Sharpness(factor=(2, 2), p=0.5)",
    "RandomAffine": "ba.Affine(rotate=(-10, 10), translate=((-0.1, 0.1), (-0.1, 0.1)))",
    "RandomApply": "ba.Sequential([ba.GaussNoise()], p=0.5)",
    "RandomAutocontrast": "ba.AutoContrast()",
    "RandomBoxBlur": "ba.Blur(p=0.5)",
    "RandomBrightness": (
        "ba.RandomBrightnessContrast(brightness_limit=(-0.2, 0.2), contrast_limit=(0, 0))"
    ),
    "RandomCLAHE": "ba.CLAHE(p=0.5)",
    "RandomChannelDropout": "ba.ChannelDropout()",
    "RandomChannelPermutation": "ba.ChannelShuffle()",
    "RandomChannelShuffle": "ba.ChannelShuffle(p=0.5)",
    "RandomChoice": "ba.OneOf([ba.HorizontalFlip(), ba.VerticalFlip()])",
    "RandomClahe": "ba.CLAHE(p=0.5)",
    "RandomContrast": (
        "ba.RandomBrightnessContrast(brightness_limit=(0, 0), contrast_limit=(-0.2, 0.2))"
    ),
    "RandomCropNearBBox": "ba.AtLeastOneBBoxRandomCrop(height=256, width=256)",
    "RandomElasticTransform": "ba.ElasticTransform()",
    "RandomEqualize": "ba.Equalize()",
    "RandomExpand": "ba.RandomZoomOut(side_range=(1, 4))",
    "RandomFlip": "ba.HorizontalFlip()",
    "RandomGaussianBlur": "ba.GaussianBlur(p=0.5)",
    "RandomGaussianNoise": "ba.GaussNoise(p=0.5)",
    "RandomGrayscale": "ba.ToGray(p=0.1)",
    "RandomHorizontalFlip": "ba.HorizontalFlip()",
    "RandomHue": "ba.ColorJitter(hue=(-0.1, 0.1))",
    "RandomInvert": "ba.InvertImg()",
    "RandomJPEG": "ba.ImageCompression(p=0.5)",
    "RandomJpegQuality": "ba.ImageCompression()",
    "RandomCutMix": "ba.CutMix()",
    "RandomCutmix": "ba.CutMix()",
    "RandomJigsaw": "ba.RandomGridShuffle(grid=(4, 4))",
    "RandomMixUp": "ba.MixUp(alpha=1)",
    "RandomMixup": "ba.MixUp(alpha=1)",
    "RandomMedianBlur": "ba.MedianBlur(p=0.5)",
    "RandomMotionBlur": "ba.MotionBlur(p=0.5)",
    "RandomPerspective": 'ba.Perspective(distortion=(0, 0.25), direction="out", p=0.5)',
    "RandomPlanckianJitter": "ba.PlanckianJitter()",
    "RandomPosterization": "ba.Posterize()",
    "RandomPosterize": "ba.Posterize()",
    "RandomRGBShift": "ba.RGBShift()",
    "RandomRotation": "ba.Rotate((-30, 30))",
    "RandomSaltAndPepperNoise": "ba.SaltAndPepper(p=0.5)",
    "RandomSaturation": "ba.ColorJitter(saturation=(0.7, 1.3))",
    "RandomSharpness": "ba.Sharpness()",
    "RandomShear": "ba.Affine(shear=((-10, 10), (0, 0)))",
    "RandomShortSize": "ba.RandomShortestSize((640, 720, 800), max_size=1333)",
    "RandomSolarize": "ba.Solarize()",
    "RandomThinPlateSpline": "ba.ElasticTransform(alpha=2000, sigma=50)",
    "RandomTranslation": "ba.Affine(translate=((-0.1, 0.1), (-0.1, 0.1)))",
    "RandomVerticalFlip": "ba.VerticalFlip()",
    "RandomZoom": "ba.Affine(scale=(0.8, 1.2))",
    "ReplayCompose": "ba.Compose([])",
    "ResizeShortestEdge": "ba.RandomShortestSize((640, 720, 800), max_size=1333)",
    "SafeRotate": 'ba.Rotate((-90, 90), output="shrink", p=0.5)',
    "Scale": "ba.Resize(height=256, width=256)",
    "Sepia": "ba.ToSepia(p=1)",
    "ShearX": "ba.Shear(slope=(-0.3, 0.3))",
    "ShearY": 'ba.Shear(slope=(-0.3, 0.3), axis="y")',
    "ShiftScaleRotate": (
        "ba.Affine(translate=((-0.0625, 0.0625), (-0.0625, 0.0625)), scale=(0.9, 1.1), "
        "rotate=(-45, 45), p=0.5)"
    ),
    "Solarization": "ba.Solarize()",
    "Sometimes": "ba.Sequential([ba.GaussNoise()], p=0.5)",
    "SpecAugment": "ba.XYMasking()",
    "SquareSymmetry": "ba.D4()",
    "ThinPlateSpline": "ba.ElasticTransform(alpha=2000, sigma=50)",
    "TimeMasking": "ba.XYMasking(num_masks_y=0)",
    "ToDtype": "ba.ToFloat()",
    "ToGrayscale": "ba.ToGray(p=1)",
    "ToTensor": "ba.Compose([ba.ToFloat(), ba.ToCHW()])",
    "ToTensorV2": "ba.ToCHW()",
    "ToneCurve": "ba.RandomToneCurve()",
    "TranslateX": "ba.Affine(translate=((-0.1, 0.1), (0, 0)))",
    "TranslateY": "ba.Affine(translate=((0, 0), (-0.1, 0.1)))",
    "TrivialAugment": "ba.TrivialAugmentWide()",
    "ZoomOut": "ba.RandomZoomOut(side_range=(1, 4))",
}

# Fields by other names, in any op that has ours.
FIELDS = {
    "angle": "rotate",
    "aspect_ratio": "ratio",
    "cval": "fill",
    "cval_mask": "fill_mask",
    "degrees": "rotate",
    "fill_value": "fill",
    "border_mode": "border",
    "ksize": "blur_limit",
    "kernel_size": "blur_limit",
    "limit": "rotate",
    "loc": "mean_range",
    "mask_fill_value": "fill_mask",
    "mask_pad_val": "fill_mask",
    "mask_value": "fill_mask",
    "max_h_size": "hole_height_range",
    "max_height": "hole_height_range",
    "max_holes": "num_holes_range",
    "max_w_size": "hole_width_range",
    "max_width": "hole_width_range",
    "mean": "mean_range",
    "min_height": "hole_height_range",
    "min_holes": "num_holes_range",
    "min_width": "hole_width_range",
    "mode": "border",
    "num_holes": "num_holes_range",
    "order": "interpolation",
    "pad_cval": "fill",
    "pad_cval_mask": "fill_mask",
    "pad_mode": "border",
    "pad_val": "fill",
    "padding_mode": "border",
    "prob": "p",
    "probability": "p",
    "px": "padding",
    "radius": "blur_limit",
    "resample": "interpolation",
    "rotate_limit": "rotate",
    "scale_limit": "scale",
    "shear_limit": "shear",
    "shift_limit": "translate",
    "sigma": "sigma_limit",
    "translate_percent": "translate",
    "translation": "translate",
    "value": "fill",
    "zoom": "scale",
    "always_apply": "p=1",
}

# In one op: fields by other names, or what to do instead.
FIELDS_OF = {
    "AdvancedBlur": {"sigmaX_limit": "sigma_x_limit", "sigmaY_limit": "sigma_y_limit"},
    "Affine": {"translate_px": "translate, in parts of the sides"},
    "AtLeastOneBBoxRandomCrop": {
        "erosion_rate": "erosion_factor",
        "size": "height= and width=, or the size alone: AtLeastOneBBoxRandomCrop(224)",
    },
    "AutoContrast": {"mask": "leave it out: all pixels count", "method": "leave it out"},
    "BBoxSafeRandomCrop": {"erosion_factor": "erosion_rate"},
    "BboxParams": {
        "check_each_transform": "leave it out",
        "clip": "leave it out: boxes are always clipped",
        "type": "format",
    },
    "CenterCrop": {
        "pad_position": "leave it out: the image sits in the middle",
        "size": "height= and width=, or the size alone: CenterCrop(224)",
    },
    "CLAHE": {
        "clipLimit": "clip_limit",
        "tileGridSize": "tile_grid_size, (rows, columns)",
        "grid_size": "tile_grid_size",
        "kernel_size": "tile_grid_size, the number of tiles",
    },
    "ChannelDropout": {"num_drop_channels": "channel_drop_range"},
    "ChannelShuffle": {"groups": "leave it out: each channel moves by itself"},
    "CoarseDropout": {
        "ratio": "hole_height_range and hole_width_range, in parts of the sides",
        "scale": "hole_height_range and hole_width_range, in parts of the sides",
    },
    "ColorJitter": {
        "brightness_limit": "brightness",
        "contrast_limit": "contrast",
        "hue_shift_limit": "hue, in turns",
        "sat_shift_limit": "saturation, as a factor",
        "val_shift_limit": "brightness, as a factor",
    },
    "Compose": {
        "additional_targets": "targets",
        "is_check_shapes": "leave it out: shapes are always checked",
        "return_params": "leave it out: params() gives them",
        "save_applied_params": "leave it out: params() gives them",
        "seed": "seed= of the call",
        "strict": "leave it out",
    },
    "Crop": {
        "height": "x_max and y_max",
        "left": "x_min",
        "pad_position": "leave it out: the window says where the image lies",
        "top": "y_min",
        "width": "x_max and y_max",
    },
    "CropAndPad": {
        "sample_independently": "leave it out: each side has a draw of its own",
    },
    "CropNonEmptyMask": {"size": "height= and width=, or the size alone: CropNonEmptyMask(224)"},
    "Downscale": {
        "interpolation": "downscale and upscale",
        "interpolation_pair": "downscale and upscale",
        "scale": "scale_range",
        "scale_max": "scale_range",
        "scale_min": "scale_range",
    },
    "ElasticTransform": {
        "alpha_affine": "ba.Affine() before it",
        "approximate": "leave it out: the cost does not grow with sigma",
        "keypoint_remapping_method": "leave it out: keypoints move exactly",
        "noise_distribution": "leave it out: the noise is uniform",
        "same_dxdy": "leave it out: x and y have noise of their own",
    },
    "Equalize": {
        "mask": "leave it out: all pixels count",
        "mask_params": "leave it out: all pixels count",
    },
    "GaussNoise": {
        "noise_std": "std_range",
        "sigma": "std_range, in parts of white",
        "std": "std_range, in parts of white",
        "var_limit": "std_range, in parts of white: a variance of 25 is the range (0.02, 0.02)",
    },
    "GridDistortion": {
        "border_mode": "leave it out: nothing outside the image shows",
        "keypoint_remapping_method": "leave it out: keypoints move exactly",
        "mask_value": "leave it out: nothing outside the image shows",
        "normalized": "leave it out: the grid always fills the frame",
        "num_cells": "num_steps",
        "value": "leave it out: nothing outside the image shows",
    },
    "GridDropout": {
        "holes_number_x": "holes_number_xy",
        "holes_number_y": "holes_number_xy",
        "shift_x": "shift_xy",
        "shift_y": "shift_xy",
        "unit_size_max": "unit_size_range",
        "unit_size_min": "unit_size_range",
    },
    "ImageCompression": {
        "compression_type": "leave it out: it is JPEG",
        "jpeg_quality": "quality_range",
        "quality": "quality_range",
        "quality_lower": "quality_range",
        "quality_upper": "quality_range",
    },
    "HueSaturationValue": {
        "hue": "hue_shift_limit",
        "saturation": "sat_shift_limit",
        "value": "val_shift_limit",
    },
    "LetterBox": {
        "center": "position",
        "height": "size, an integer or (height, width)",
        "new_shape": "size",
        "scale_fill": "ba.Resize, which does not keep the image's ratio",
        "scaleup": "upscale",
        "width": "size, an integer or (height, width)",
    },
    "LongestMaxSize": {
        "max_size": "size, of which a pair is (height, width)",
        "max_size_hw": "size",
    },
    "MotionBlur": {
        "angle": "angle_range",
        "direction": "direction_range",
        "k": "blur_limit",
    },
    "Morphological": {"kernel_size": "size", "scale": "size"},
    "Normalize": {"max_pixel_value": "leave it out: mean and std are parts of white"},
    "OpticalDistortion": {
        "keypoint_remapping_method": "leave it out: keypoints move exactly",
        "shift_limit": "ba.Affine() before it",
    },
    "PadIfNeeded": {
        "pad_height_divisor": "height_divisor",
        "pad_width_divisor": "width_divisor",
        "size": "min_height and min_width",
        "size_divisor": "height_divisor and width_divisor",
    },
    "Perspective": {
        "distortion_scale": 'distortion=(0, s / 2) for a scale s, direction="out"',
        "fit_output": 'output="shrink", or "fit" without keep_size',
        "keep_size": 'leave it out, or output="quad" for False',
        "scale": "distortion, a range whose half is the offset on average",
    },
    "PixelDropout": {
        "drop_value": "fill",
        "mask_drop_value": "fill_mask",
    },
    "Posterize": {"bits": "num_bits"},
    "RandomBrightnessContrast": {
        "brightness": "brightness_limit",
        "contrast": "contrast_limit",
        "limit": "brightness_limit and contrast_limit",
    },
    "RandomCrop": {
        "pad_position": "position",
        "padding": "ba.Pad(padding=4) before it",
        "size": "height= and width=, or the size alone: RandomCrop(224)",
    },
    "RandomErasing": {
        "inplace": "leave it out: images are never written to",
        "max_area": "scale, a range",
        "max_aspect": "ratio, a range of height / width",
        "max_count": "count_range",
        "min_area": "scale, a range",
        "min_aspect": "ratio, a range of height / width",
        "min_count": "count_range",
        "mode": "fill",
    },
    "RandomIoUCrop": {
        "max_aspect_ratio": "ratio, a range of width / height",
        "max_scale": "scale, a range",
        "min_aspect_ratio": "ratio, a range of width / height",
        "min_crop_size": "scale, a range",
        "min_ious": "options",
        "min_scale": "scale, a range",
        "sampler_options": "options",
    },
    "RGBShift": {
        "b_shift": "b_shift_limit",
        "g_shift": "g_shift_limit",
        "r_shift": "r_shift_limit",
    },
    "RandAugment": {
        "m": "magnitude",
        "magnitude_max": "num_magnitude_bins",
        "n": "num_ops",
        "num_layers": "num_ops",
    },
    "RandomGamma": {
        "eps": "leave it out",
        "gain": "ba.RandomBrightnessContrast() after it",
        "gamma": "gamma_limit, in percent",
        "gamma_range": "gamma_limit, in percent",
        "limit": "gamma_limit",
    },
    "RandomResize": {
        "max_size": "size, a range of the shorter side",
        "min_size": "size, a range of the shorter side",
    },
    "RandomPhotometricDistort": {
        "brightness_delta": "brightness, as a range of factors",
        "contrast_range": "contrast",
        "hue_delta": "hue, a range of turns: 18 degrees are (-18/360, 18/360)",
        "prob": "distort_p",
        "saturation_range": "saturation",
    },
    "RandomResizedCrop": {
        "height": "size, an integer or (height, width)",
        "width": "size, an integer or (height, width)",
    },
    "RandomScale": {
        "scale_limit": "scale, a range of factors: scale_limit=(-0.1, 0.1) is scale=(0.9, 1.1)",
    },
    "RandomShortestSize": {"min_size": "sizes", "short_edge_length": "sizes"},
    "RandomSizedBBoxSafeCrop": {
        "erosion_factor": "erosion_rate",
        "size": "height= and width=, or the size alone: RandomSizedBBoxSafeCrop(224)",
    },
    "RandomSizedCrop": {
        "height": "size, an integer or (height, width)",
        "width": "size, an integer or (height, width)",
    },
    "RandomZoomOut": {
        "mean": "fill",
        "ratio_range": "side_range",
        "to_rgb": "leave it out: fill is in the order of the image's channels",
    },
    "Resize": {
        "max_size": "ba.RandomShortestSize(800, max_size=1333), which keeps the image's ratio",
        "size": "height= and width=, or a pair: Resize((224, 224))",
    },
    "Rotate": {
        "angle": "limit",
        "center": "leave it out: the image turns about its centre",
        "crop_border": 'output="crop"',
        "degrees": "limit",
        "expand": 'output="fit"',
        "rotate": "limit",
        "rotate_limit": "limit",
        "rotate_method": "leave it out: boxes are those around the turned corners",
    },
    "ScaleJitter": {
        "scale_range": "scale",
        "target_size": "size, an integer or (height, width)",
    },
    "Sharpness": {"sharpness": "factor", "sharpness_factor": "factor"},
    "SmallestMaxSize": {
        "max_size": "size, of which a pair is (height, width)",
        "max_size_hw": "size",
    },
    "Solarize": {
        "threshold": "threshold_range, in parts of white: a level of 128 is 128/255",
        "thresholds": "threshold_range",
    },
    "SolarizeAdd": {
        "addition": "add_range, in parts of white",
        "thresh": "threshold, in parts of white: a level of 128 is 128/255",
        "threshold_range": "threshold",
    },
    "ToCHW": {"transpose_mask": "leave it out: masks keep their layout"},
    "ToGray": {"num_output_channels": "leave it out: the number of channels stays"},
    "ToFloat": {"max_value": "leave it out: white is that of the image's type"},
}

# Arguments of calls by other names.
ARGUMENTS = {
    "boxes": "bboxes",
    "category_ids": "labels",
    "class_labels": "labels",
    "data_format": "layout",
    "generator": "seed",
    "ids": "index",
    "idx": "index",
    "indices": "index",
    "key": "index",
    "keys": "index",
    "n_jobs": "threads",
    "num_workers": "threads",
    "points": "keypoints",
    "random_state": "seed",
    "rng": "seed",
    "segmentation": "mask",
    "worker": "threads",
    "workers": "threads",
}

# What modules have that are imported when they are first used, and these by other names.
ELSEWHERE = {
    "Augment": "ba.torch.Augmented, or Augment of ba.huggingface, ba.ray, ba.tf or ba.webdataset",
    "Augmented": "ba.torch.Augmented",
    "ContentKeyed": "ba.torch.ContentKeyed",
    "DataLoader": "ba.torch.DataLoader",
    "Dataset": "ba.keras.Dataset",
    "Iterable": "ba.torch.Iterable",
    "Keyed": "ba.torch.Keyed",
    "KeyedLoader": "ba.torch.KeyedLoader",
    "Sampler": "ba.torch.Sampler",
    "Source": "ba.grain.Source",
    "collate": "ba.torch.collate",
    "collate_list": "ba.torch.collate_list",
    "collate_pad": "ba.torch.collate_pad",
    "dataset": "ba.tf.dataset",
    "datasets": "ba.huggingface",
    "pytorch": "ba.torch",
    "tensorflow": "ba.tf",
}

# Words by other names, in any field that has ours.
WORDS = {
    "area": "box",
    "border": "edge",
    "circular": "wrap",
    "cubic": "bicubic",
    "hamming": "bilinear",
    "lanczos4": "lanczos",
    "linear": "bilinear",
    "mirror": "reflect101",
    "nearest-exact": "nearest",
    "nearest_exact": "nearest",
    "pascal": "pascal_voc",
    "replicate": "edge",
    "symmetric": "reflect",
    "voc": "pascal_voc",
    "xywh": "coco",
    "xyxy": "pascal_voc",
    "zeros": "constant",
}

# Numbers in the place of words, and whose they are.
NUMBERS = {
    "border": {"OpenCV": ("constant", "edge", "reflect", "wrap", "reflect101")},
    "interpolation": {
        "OpenCV": ("nearest", "bilinear", "bicubic", "box", "lanczos"),
        "Pillow": ("nearest", "lanczos", "bilinear", "bicubic", "box"),
    },
}


def near(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The known names that are written most alike, whatever their case."""
    # What nobody would mistake for a name takes long to compare.
    folded = {each.casefold(): each for each in known} if len(name) < 100 else {}
    found = difflib.get_close_matches(name.casefold(), folded, most, 0.6)
    return [folded[each] for each in found]


def op_advice(name: str, known: Collection[str]) -> str:
    """What to write for an op of a name that there is not."""
    table = {each.casefold(): code for each, code in OPS.items()}
    code = table.get(name.casefold())
    if code is not None:
        return f"write {code}"
    close = near(name, known, 3)
    return f"did you mean {' or '.join(close)}?" if close else "there is nothing of this name yet"


def missing(name: str, there: Iterable[str]) -> AttributeError:
    """What `ba.name` raises where there is no such thing."""
    known = [each for each in there if not each.startswith("_")]
    advice = f"write {ELSEWHERE[name]}" if name in ELSEWHERE else op_advice(name, known)
    advice = "" if name.startswith("_") else f"; {advice}"
    return AttributeError(f"module 'bitaug' has no attribute {shown(name)}{advice}", name=name)


def field_advice(op: str, name: str, known: Collection[str]) -> str:
    """What to write for a field that an op has not."""
    ours = FIELDS_OF.get(op, {}).get(name) or FIELDS.get(name)
    if ours is not None and not ours.isidentifier():
        return ours if ours.startswith("leave") else f"write {ours}"
    close = [ours] if ours in known else near(name, known)
    return f"did you mean {close[0]}=?" if close else f"there are {_listed(known)}"


def _listed(known: Collection[str]) -> str:
    """Names as an error lists them, however many there are."""
    first = list(itertools.islice(known, 40))
    more = len(known) - len(first)
    return ", ".join(map(shown_name, first)) + (f" and {more} more" if more else "")


def word_advice(field: str, value: Any, allowed: Collection[str]) -> str:
    """What to write for a word that a field does not take, with a space after it; or nothing."""
    value = value.name if isinstance(value, enum.Enum) and _is_word(value, allowed) else value
    if isinstance(value, str):
        folded = value.casefold()
        ours = WORDS.get(folded, folded)
        close = [ours] if ours in allowed else near(value, allowed)
        return f"did you mean {close[0]!r}? " if close else ""
    value = plain(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return ""
    readings = {
        whose: words[value]
        for whose, words in NUMBERS.get(field, {}).items()
        if 0 <= value < len(words) and words[value] in allowed
    }
    listed = " or ".join(f"{word!r} for {whose}'s {value}" for whose, word in readings.items())
    return f"write {listed}; " if listed else ""


def _is_word(value: enum.Enum, allowed: Collection[str]) -> bool:
    name = value.name.casefold()
    return WORDS.get(name, name) in allowed


def explained(call: Callable[P, T]) -> Callable[P, T]:
    """The function, whose errors about what it is called with say what to write instead."""

    @functools.wraps(call)
    def checked(*given: P.args, **options: P.kwargs) -> T:
        try:
            return call(*given, **options)
        except TypeError:
            error = _misfit(call, given, options)
            if error is None:
                raise
        raise error

    return checked


def no_argument(where: str, name: str, value: Any, known: Collection[str]) -> TypeError:
    """What to raise for an argument that a function has not."""
    ours = ARGUMENTS.get(name)
    close = [ours] if ours in known else near(name, known)
    advice = f"did you mean {close[0]}=?" if close else f"there are {_listed(known)}"
    return TypeError(f"{where}: {shown_name(name)}={shown(value)}: no such argument; {advice}")


def _misfit(call: Any, given: tuple[Any, ...], options: dict[str, Any]) -> TypeError | None:
    """Why a function cannot be called like this at all, or None if it can be."""
    signature = inspect.signature(call)
    # A name that a function takes by position alone may be one of its further ones.
    free = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    fixed = {
        name for name, each in signature.parameters.items() if each.kind is each.POSITIONAL_ONLY
    }
    try:
        named = {name: value for name, value in options.items() if not free or name not in fixed}
        signature.bind(*given, **named)
        return None
    except TypeError as error:
        message = str(error)
    known = {name: each for name, each in signature.parameters.items() if name != "self"}
    where = call.__qualname__.removesuffix(".__init__").rpartition(".")[2].strip("_") + "()"
    for name, value in options.items():
        if name not in known and not free:
            return no_argument(where, name, value, known)
    by_name = [name for name, each in known.items() if each.kind is each.KEYWORD_ONLY]
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(given) > sum(each.kind in by_position for each in signature.parameters.values()):
        advice = f"; name {'=, '.join(by_name)}=" if by_name else ""
        return TypeError(f"{where}: too many arguments by position{advice}")
    return TypeError(f"{where}: {message}")
