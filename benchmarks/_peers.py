"""What well-known libraries find of the same planted faults, for comparison. They are not among the requirements:

    .venv/bin/pip install cleanlab cleanvision imagehash imagededup

imagededup brings PyTorch along, several GB. To leave the environment as it is, install them into another one of the
same Python, and name its packages: `PYTHONPATH=OTHER/lib/python3.11/site-packages python -m benchmarks.review --peers`.
What is not installed is left out.

- cleanlab (confident learning) gets the same cross-validated probabilities as our check.
- CleanVision looks for unusable photos and for near duplicates, with its own settings.
- imagehash and imagededup compare photos by perceptual hashes (pHash). imagededup's network is left out: its weights
  are downloaded.
"""

import contextlib
import importlib.util
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import workspace
from core.reviewing.findings import Kind

Pairs = set[tuple[int, int]]
"""The places of photos that are copies, the lower first."""

NEAR = 10  # bits of 64 by which the hashes of copies may differ, imagededup's default
ISSUES = {  # CleanVision's names of what we look for too
    "blurry": Kind.BLURRED,
    "dark": Kind.DARK,
    "low_information": Kind.BLANK,
    "odd_aspect_ratio": Kind.EXTREME,
}


def is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def wrong_classes(probabilities: NDArray[np.float64], labels: NDArray[np.intp]) -> list[int]:
    """The places of photos in a doubtful class, the most doubtful first, by cleanlab."""
    from cleanlab.filter import find_label_issues

    judged = np.flatnonzero(np.isfinite(probabilities).all(1))
    found = find_label_issues(
        labels[judged], probabilities[judged], return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return [int(judged[place]) for place in found]


def unusable(paths: Sequence[Path]) -> tuple[dict[Kind, set[int]], Pairs]:
    """The places of unusable photos by kind, and the copies, by CleanVision.

    It ends with an error at the first photo that can't be read, so it only gets the others.
    """
    from cleanvision import Imagelab

    places = {str(path): place for place, path in enumerate(paths) if _is_readable(path)}
    with _quiet():
        lab = Imagelab(filepaths=list(places), verbose=False)
        lab.find_issues({name: {} for name in (*ISSUES, "near_duplicates", "exact_duplicates")}, verbose=False)
    kinds = {
        kind: {places[path] for path in lab.issues.index[lab.issues[f"is_{name}_issue"]]}
        for name, kind in ISSUES.items()
    }
    sets = (*lab.info["near_duplicates"]["sets"], *lab.info["exact_duplicates"]["sets"])
    return kinds, {pair for same in sets for pair in combinations(sorted(places[path] for path in same), 2)}


def copies_by_imagehash(paths: Sequence[Path]) -> Pairs:
    """Photos whose perceptual hashes are near each other, by imagehash."""
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


def copies_by_imagededup(paths: Sequence[Path]) -> Pairs:
    """Photos whose perceptual hashes are near each other, by imagededup.

    In a process of its own: it imports PyTorch, which crashes a process that has imported TensorFlow.
    """
    command = [sys.executable, "-m", "benchmarks._peers"]
    given = json.dumps([str(path) for path in paths])
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True, cwd=workspace.PROJECT)
    return {(first, second) for first, second in json.loads(done.stdout)}


def _in_own_process() -> None:
    """Read paths from the standard input, and write imagededup's pairs to the standard output."""
    paths = json.load(sys.stdin)
    with _quiet():
        from imagededup.methods import PHash

        method = PHash(verbose=False)
        encoded = {str(place): method.encode_image(image_file=path) for place, path in enumerate(paths)}
        hashes = {place: code for place, code in encoded.items() if code}
        near = method.find_duplicates(encoding_map=hashes, max_distance_threshold=NEAR)
    pairs = {_ordered(int(first), int(second)) for first, others in near.items() for second in others}
    json.dump(sorted(pairs), sys.stdout)


def _ordered(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


def _is_readable(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without progress bars, notes and warnings of the libraries."""
    logging.disable(logging.WARNING)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


if __name__ == "__main__":
    _in_own_process()
