"""Where the model looked: Grad-CAM from the feature map and the head, in NumPy."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.answering.head import Head
from core.photos import Pixels

Heat = NDArray[np.float32]

COLOURS = cv2.COLORMAP_INFERNO  # brighter means higher, so it also works for colour-blind people and in grey


def gradcam(feature_map: NDArray[np.float32], head: Head, index: int) -> Heat:
    """Where the photo speaks for the class `index`: float32 (rows, columns), 0 … 1, the strongest place at 1.

    `feature_map` is (rows, columns, features). Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks
    via gradient-based localization" (ICCV), equations 1 and 2: the sum of the features, each weighted by the mean
    gradient of the class's logit. Negative values speak for other classes and become 0. If nothing speaks for the
    class, everything is 0.
    """
    rows, columns, _ = feature_map.shape
    pooled = feature_map.mean(axis=(0, 1), dtype=np.float32)
    # the head sees the mean over all places, so the gradient is the same everywhere and equals its mean
    weights = head.gradient(pooled[None], index)[0] / (rows * columns)
    heat: Heat = np.maximum(feature_map @ weights, 0).astype(np.float32)
    strongest = heat.max()
    return heat / strongest if strongest > 0 else heat


def overlay(pixels: Pixels, heat: Heat, opacity: float) -> Pixels:
    """The photo with its heat over it in colours, uint8 at the photo's size. `opacity` 0 shows only the photo, 1 only
    the heat.

    The heat has few places, so it is enlarged smoothly.
    """
    height, width = pixels.shape[:2]
    large = np.clip(cv2.resize(heat, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    colours = cv2.cvtColor(cv2.applyColorMap(np.rint(255 * large).astype(np.uint8), COLOURS), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.addWeighted(pixels, 1 - opacity, colours, opacity, 0), np.uint8)
