"""Where the garment is in a photo: a simple mask."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.photos.decoding import Pixels

SIDE = 96  # px at which the garment is cut out
MARGIN = 3  # px, along the borders: backdrop for certain, to begin with
MIDDLE = (slice(36, 60), slice(40, 56))  # garment for certain: hardly a photo has none there
ROUNDS = 2
SOFT = 1.0  # px, of the blur of the outline


def mask(photo: Pixels) -> NDArray[np.float32]:
    """Where the garment of a square photo is, from 0 to 1: (96, 96).

    By GrabCut (Rother et al. 2004, SIGGRAPH): what is at the borders is backdrop, what is in the middle is garment, and
    the colours of both decide about the rest.
    """
    small = cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    parts = np.full((SIDE, SIDE), cv2.GC_PR_FGD, np.uint8)
    parts[:MARGIN] = parts[-MARGIN:] = parts[:, :MARGIN] = parts[:, -MARGIN:] = cv2.GC_BGD
    parts[MIDDLE] = cv2.GC_FGD
    cv2.setRNGSeed(0)  # its clusters begin at random
    cv2.grabCut(small, parts, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    inside = np.isin(parts, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return cv2.GaussianBlur(cv2.dilate(inside, np.ones((3, 3))), (0, 0), SOFT)  # type: ignore[return-value]
