"""The changes that benchmarks.robust makes to photos: always the same, stronger with each severity."""

import cv2
import numpy as np
import pytest

from benchmarks._corruptions import CORRUPTIONS, SEVERITIES
from core.photos import foreground
from tests.conftest import drawing

SIDE = 96  # px
VARYING = ("crop", "distance", "motion blur", "pixelation", "tilt", "backdrop")  # it matters where the edges lie


def photo() -> np.ndarray:
    return cv2.resize(drawing("disc", 3, SIDE), (SIDE, SIDE))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_change_is_stronger_with_each_severity_and_always_the_same(name):
    before = photo()
    distances = []
    for severity in SEVERITIES:
        after = CORRUPTIONS[name](before.copy(), severity, np.random.default_rng(1))
        again = CORRUPTIONS[name](before.copy(), severity, np.random.default_rng(1))
        assert (after.shape, after.dtype) == (before.shape, np.uint8)
        assert np.array_equal(after, again)
        distances.append(np.abs(after.astype(float) - before).mean())
    assert distances[0] > 0
    assert distances[-1] > distances[0]
    if name not in VARYING:
        assert distances == sorted(distances)


def test_the_garment_is_in_the_mask_and_the_backdrop_is_not():
    pixels = np.full((SIDE, SIDE, 3), (190, 200, 180), np.uint8)
    cv2.rectangle(pixels, (30, 24), (66, 76), (150, 20, 40), -1)
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    mask = foreground.mask(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    assert mask.shape == (SIDE, SIDE)
    assert mask[28:72, 34:62].mean() > 0.95
    assert mask[:14].mean() < 0.05
    assert mask[:, :16].mean() < 0.05
