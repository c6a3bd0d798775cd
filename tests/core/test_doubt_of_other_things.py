"""Pictures of other things, and whether the shipped model answers "none of these"."""

import numpy as np
import pytest

from core import photos, workspace
from core.answering import classifier, doubt, evaluation, shelf
from core.answering.classifier import Classifier
from core.datasets import other_things

SIDE = 96  # px: enough to look at the pictures themselves
COUNT = 6  # of each kind


def test_pictures_are_always_the_same_and_never_alike(subtests):
    for kind in other_things.KINDS:
        with subtests.test(kind=kind):
            first, again, second = (other_things.picture(kind, number, SIDE) for number in (0, 0, 1))
            assert (first.shape, first.dtype) == ((SIDE, SIDE, 3), np.uint8)
            assert np.array_equal(first, again)
            assert np.abs(first.astype(int) - second).mean() > 1
            assert first.std() > 3  # something is drawn


def test_a_crop_is_a_corner():
    photo = np.arange(100 * 50 * 3, dtype=np.uint32).reshape(100, 50, 3)
    corners = [other_things.crop(photo, corner) for corner in range(4)]
    assert {corner.shape for corner in corners} == {(20, 10, 3)}
    assert [int(corner[0, 0, 0]) for corner in corners] == [int(photo[y, x, 0]) for x in (0, 40) for y in (0, 80)]


@pytest.fixture
def starter() -> Classifier:
    return classifier.load(shelf.read(workspace.PROJECT / "models" / "saved" / shelf.STARTER))


def strange(starter: Classifier) -> np.ndarray:
    """The similarity of the pictures to the training photos."""
    drawn = [photos.resize(picture, starter.size) for _, picture in other_things.pictures(COUNT)]
    return np.array([answer.similarity for answer in starter.answers(np.stack(drawn))])


@pytest.mark.slow
def test_the_starter_finds_most_other_things(starter):
    """Needs no photos, so it runs everywhere. Small networks find fewer than pretrained ones; see docs/starter.md and
    tests/models/test_doubt_of_features.py."""
    shares = [np.mean(strange(starter) < limits.similarity) for limits in starter.limits.values()]
    assert shares == sorted(shares)
    assert shares[doubt.RATES.index(doubt.FALSE_ALARMS)] > 0.8


@pytest.mark.slow
def test_the_starter_tells_photos_of_clothes_from_other_things(starter, shared):
    photo_files = sorted((shared / "clothing-dataset-small" / "test").rglob("*.jpg"))[::3]
    squares = np.stack([photos.square(path.read_bytes(), starter.size) for path in photo_files])
    ordinary = np.array([answer.similarity for answer in starter.answers(squares)])
    assert evaluation.auroc(ordinary, strange(starter)) >= 0.96
    assert np.mean(ordinary < starter.limits[doubt.FALSE_ALARMS].similarity) < 0.12  # 5 % are promised
