"""Ops that make one sample of several: docs/spec/mixing.md.

A state is what a walk has made of a sample: image, mask (or None), and boxes (or None): what is
whole, what is seen, and the part of that which nothing covers.
"""

import math

import numpy as np

from .beta import beta
from .maps import moved
from .ops.pad import fill_as
from .resample import nearest, resample, scaling


def another(own, size, draws):
    position = draws.below(size - 1)
    return position + (position >= own)


def weight(part):
    return math.floor(65536.0 * part + 0.5)


def shifted(boxes, top, left):
    return boxes + np.array([left, top, left, top], np.float64)


def cropped(boxes, top, left, height, width):
    """Whole and seen, in a window."""
    whole, seen = (moved(each, [1.0, 0.0, -left, 0.0, 1.0, -top]) for each in boxes[:2])
    return whole, np.clip(seen, 0, [width, height, width, height]), boxes[2]


def covered(boxes, top, left, height, width):
    whole, seen, shown = boxes
    down = np.minimum(seen[:, 3], top + height) - np.maximum(seen[:, 1], top)
    across = np.minimum(seen[:, 2], left + width) - np.maximum(seen[:, 0], left)
    hidden = np.maximum(across, 0.0) * np.maximum(down, 0.0)
    area = (seen[:, 2] - seen[:, 0]) * (seen[:, 3] - seen[:, 1])
    left_over = np.maximum(shown - hidden / np.where(area > 0, area, 1.0), 0.0)
    return whole, seen, np.where(area > 0, left_over, shown)


def joined(states, boxes):
    if states[0]["boxes"] is None:
        return None
    return tuple(np.concatenate(columns) for columns in zip(*boxes, strict=True))


class MixUp:
    @staticmethod
    def others(node, own, size, draws):
        return [another(own, size, draws)]

    @staticmethod
    def mix(node, draws, states):
        one, other = (state["image"] for state in states)
        part = weight(beta(node["alpha"], draws.unit()))
        if one.dtype == np.float32:
            by = [np.float32(w) * np.float32(2.0**-16) for w in (part, 65536 - part)]
            image = one * by[0] + other * by[1]
        else:
            total = one.astype(np.int64) * part + other.astype(np.int64) * (65536 - part)
            image = ((total + 32768) >> 16).astype(one.dtype)
        boxes = joined(states, [state["boxes"] for state in states])
        made = {"image": image, "mask": states[0]["mask"], "boxes": boxes}
        return made, [part, 65536 - part]


class CutMix:
    others = MixUp.others

    @staticmethod
    def mix(node, draws, states):
        own, other = states
        h, w = own["image"].shape[:2]
        rest = 1.0 - beta(node["alpha"], draws.unit())

        def side(n):
            center, half = draws.below(n), math.floor(0.5 * math.sqrt(rest) * n)
            start = max(center - half, 0)
            return start, min(center + half, n) - start

        left, width = side(w)
        top, height = side(h)
        rectangle = top, left, height, width
        made = {"image": own["image"].copy(), "mask": None, "boxes": None}
        if own["mask"] is not None:
            made["mask"] = own["mask"].copy()
        inside = slice(top, top + height), slice(left, left + width)
        for name in ("image", "mask"):
            if made[name] is not None:
                made[name][inside] = other[name][inside]
        if own["boxes"] is not None:
            theirs = [each[:0] for each in other["boxes"]]
            mine = own["boxes"]
            if height and width:
                whole, seen, shown = cropped(other["boxes"], *rectangle)
                theirs = shifted(whole, top, left), shifted(seen, top, left), shown
                mine = covered(mine, *rectangle)
            made["boxes"] = joined(states, [mine, theirs])
        part = weight(height * width / (h * w))
        return made, [65536 - part, part]


class Mosaic:
    @staticmethod
    def others(node, own, size, draws):
        return [draws.below(size) for _ in range(3)]

    @staticmethod
    def mix(node, draws, states):
        size = node["size"]
        x, y = (math.floor(draws.range(node["center_range"]) * (2 * n)) for n in (size[1], size[0]))
        canvas = 2 * size[0], 2 * size[1]
        image = states[0]["image"]
        made = np.empty((*canvas, image.shape[2]), image.dtype)
        made[:] = [fill_as(value, image.dtype) for value in node["fill"] * image.shape[2]][
            : image.shape[2]
        ]
        mask = states[0]["mask"]
        made_mask = None
        if mask is not None:
            made_mask = np.full((*canvas, mask.shape[2]), fill_as(node["fill_mask"], mask.dtype))
        first = [n // 2 if node["crop"] else 0 for n in size]
        sides = size if node["crop"] else canvas
        parts, boxes = [], []
        for which, state in enumerate(states):
            h, w = state["image"].shape[:2]
            a, b = (size[0], h) if size[0] * w <= size[1] * h else (size[1], w)
            height, width = max(h * a // b, 1), max(w * a // b, 1)
            down, right = which >= 2, which % 2 == 1
            # Where the whole image would lie, and which part of the output is its quarter.
            top, left = y if down else y - height, x if right else x - width
            rows = (y, first[0] + sides[0]) if down else (first[0], y)
            columns = (x, first[1] + sides[1]) if right else (first[1], x)
            parts.append((rows[1] - rows[0]) * (columns[1] - columns[0]) / (sides[0] * sides[1]))
            shown = max(top, rows[0]), min(top + height, rows[1])
            across = max(left, columns[0]), min(left + width, columns[1])
            window = slice(*shown), slice(*across)
            source = (
                slice(shown[0] - top, shown[1] - top),
                slice(across[0] - left, across[1] - left),
            )
            there = shown[0] < shown[1] and across[0] < across[1]
            if there:
                options = node["interpolation"], node["antialias"]
                small = resample(state["image"], height, width, *options)
                made[window] = small[source]
                if mask is not None:
                    made_mask[window] = nearest(state["mask"], height, width)[source]
            if state["boxes"] is not None:
                if parts[-1] == 0:
                    boxes.append([each[:0] for each in state["boxes"]])
                    continue
                m = scaling(0.0, 0.0, h, w, height, width)
                whole, seen = (moved(each, m) for each in state["boxes"][:2])
                seen = np.clip(seen, 0, [width, height, width, height])
                columns_of = whole, seen, state["boxes"][2]
                lengths = shown[1] - shown[0], across[1] - across[0]
                if lengths != (height, width):
                    at = source[0].start, source[1].start
                    columns_of = cropped(columns_of, *at, *lengths)
                # What is left of the quarter is filled, on the sides away from the center.
                at = shown[0] - first[0], across[0] - first[1]
                whole, seen = (shifted(each, *at) for each in columns_of[:2])
                boxes.append((whole, seen, columns_of[2]))
        end = first[0] + sides[0], first[1] + sides[1]
        output = slice(first[0], end[0]), slice(first[1], end[1])
        state = {"image": made[output], "mask": None, "boxes": joined(states, boxes)}
        if mask is not None:
            state["mask"] = made_mask[output]
        weights = [weight(part) for part in parts[1:]]
        for i in range(3):
            weights[i] = min(weights[i], 65536 - sum(weights[:i]))
        return state, [65536 - sum(weights), *weights]
