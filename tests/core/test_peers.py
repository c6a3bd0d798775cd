"""Other libraries find the same planted faults as our check, where they are installed (see benchmarks/_peers.py)."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import _peers
from core.datasets import measures
from core.reviewing import inspection
from core.reviewing.findings import Kind
from tests.conftest import Pixels, encoded, picture

FAULTS = {Kind.DARK: 3, Kind.BLANK: 4, Kind.EXTREME: 5, Kind.BLURRED: 6}  # the places of the photos


def photo(number: int) -> Pixels:
    """A photo with fine structure, unlike the others."""
    random = np.random.default_rng(number)
    coarse = cv2.resize(random.integers(0, 256, (6, 6, 3), np.uint8), (320, 240), interpolation=cv2.INTER_NEAREST)
    return np.clip(coarse * 0.7 + picture(240, 320, number) * 0.3 + random.normal(0, 8, (240, 320, 3)), 0, 255).astype(
        np.uint8
    )


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Eight photos, four of them spoilt, one that can't be read, and a smaller copy of the first."""
    photos = [photo(number) for number in range(8)]
    photos[FAULTS[Kind.DARK]] //= 12
    photos[FAULTS[Kind.BLANK]][:] = 200
    photos[FAULTS[Kind.EXTREME]] = cv2.resize(photos[FAULTS[Kind.EXTREME]][:, :70], (100, 343))
    photos[FAULTS[Kind.BLURRED]] = cv2.GaussianBlur(photos[FAULTS[Kind.BLURRED]], (0, 0), 12)
    files = [encoded(pixels, "JPEG", quality=92) for pixels in photos]
    files += [files[1][:500], encoded(cv2.resize(photos[0], (240, 180), interpolation=cv2.INTER_AREA), "JPEG")]
    paths = [tmp_path / f"{number}.jpg" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return paths


def test_unusable_photos_are_the_same_as_cleanvisions(paths: list[Path]) -> None:
    pytest.importorskip("cleanvision")
    theirs, _ = _peers.unusable(paths)
    ours: dict[Kind, set[int]] = {kind: set() for kind in FAULTS}
    for place, path in enumerate(paths[:8]):
        if fault := inspection._fault(measures.measure(path)):
            ours[fault[0]].add(place)
    assert ours == {kind: {place} for kind, place in FAULTS.items()}
    assert theirs.pop(Kind.BLURRED) <= ours.pop(Kind.BLURRED)  # it looks at 64 px, where much blur can't be seen
    assert theirs == ours


@pytest.mark.parametrize(("library", "copies"), [("imagehash", _peers.copies_by_imagehash),
                                                 ("imagededup", _peers.copies_by_imagededup)])  # fmt: skip
def test_copies_are_the_same_as_by_perceptual_hashes(paths: list[Path], library: str, copies: object) -> None:
    if not _peers.is_installed(library):
        pytest.skip(f"{library} is not installed")
    assert (0, 9) in copies(paths)  # type: ignore[operator]
