"""What well-known libraries find of the same planted faults, for comparison. They are not among the requirements:

    .venv/bin/pip install cleanlab cleanvision imagehash

- cleanlab (confident learning) gets the same cross-validated probabilities as our check.
- CleanVision judges light, blur and content of single photos.
- imagehash compares photos by perceptual hashes, as CleanVision and imagededup do.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.reviewing.findings import Kind

NEAR = 10  # bits of 64 by which the hashes of copies may differ, imagededup's default
ISSUES = {  # CleanVision's names
    Kind.BLURRED: ("is_blurry_issue",),
    Kind.DARK: ("is_dark_issue", "is_low_information_issue"),
    Kind.BLANK: ("is_low_information_issue", "is_blurry_issue", "is_light_issue"),
}


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


def unusable(folder: Path) -> dict[Kind, set[str]]:
    """The names of unusable photos by kind, by CleanVision."""
    from cleanvision import Imagelab

    lab = Imagelab(data_path=str(folder))
    lab.find_issues({"dark": {}, "blurry": {}, "low_information": {}, "light": {}}, n_jobs=1, verbose=False)
    table = lab.issues
    return {
        kind: {
            Path(name).relative_to(folder.resolve()).as_posix()
            for column in columns
            for name in table.index[table[column]]
        }
        for kind, columns in ISSUES.items()
    }
