"""What well-known libraries find of the same planted faults, for comparison. They are not among the requirements:

    .venv/bin/pip install cleanlab imagehash

- cleanlab (confident learning) gets the same cross-validated probabilities as our check.
- imagehash compares photos by perceptual hashes, as CleanVision and imagededup do.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 10  # bits of 64 by which the hashes of copies may differ, imagededup's default


def wrong_classes(probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> list[int]:
    """The places of photos in a doubtful class, the most doubtful first, by cleanlab."""
    from cleanlab.filter import find_label_issues

    judged = np.flatnonzero(np.isfinite(probabilities).all(1))
    found = find_label_issues(
        labels[judged], probabilities[judged], return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return [int(judged[place]) for place in found]


def copies(paths: Sequence[Path]) -> set[tuple[int, int]]:
    """Pairs of places of photos whose perceptual hashes are near each other."""
    import imagehash

    hashes, places = [], []
    for place, path in enumerate(paths):
        try:
            with Image.open(path) as image:
                hashes.append(imagehash.phash(image.convert("RGB")).hash.ravel())
            places.append(place)
        except OSError:
            continue
    bits = np.array(hashes, np.float32) * 2 - 1
    differ = (bits.shape[1] - bits @ bits.T) / 2
    first, second = np.nonzero(np.triu(differ <= NEAR, 1))
    return {(places[a], places[b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)}
