"""A frozen MobileNetV2 tells photos of clothes from pictures of other things by the nearness of its features."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from core import photos
from core.answering import doubt, evaluation, likeness, litert
from core.backbones import MOBILENET_V2
from core.datasets import other_things
from models import build, convert

pytestmark = pytest.mark.slow

SIZE = 112  # px: a quarter of the work of 224
EVERY_TRAIN, EVERY_TEST, COUNT = 5, 3, 3  # every fifth training photo, every third test photo, pictures per kind


@pytest.fixture(scope="module")
def backbone(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> litert.Backbone:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(shared / "keras"))
        if not MOBILENET_V2.is_ready(SIZE):
            pytest.skip(f"the ImageNet weights are missing: {shared / 'keras'}")
        file = tmp_path_factory.mktemp("frozen") / "backbone.tflite"
        convert.convert(build.backbone(MOBILENET_V2, SIZE, "imagenet"), file)
        return litert.Backbone(file)


def vectors(backbone: litert.Backbone, pictures: Iterable[photos.Pixels]) -> np.ndarray:
    squares = [photos.resize(picture, SIZE) for picture in pictures]
    batches = [np.stack(squares[start : start + litert.BATCH]) for start in range(0, len(squares), litert.BATCH)]
    return np.concatenate([backbone.run(batch)[1] for batch in batches])


def split(shared: Path, name: str, every: int) -> list[photos.Pixels]:
    files = sorted((shared / "clothing-dataset-small" / name).rglob("*.jpg"))[::every]
    return [photos.decode(file.read_bytes(), at_least=2 * SIZE) for file in files]


def test_photos_of_clothes_are_nearer_than_other_things(backbone, shared):
    reference = likeness.of(vectors(backbone, split(shared, "train", EVERY_TRAIN)), pretrained=True)
    clothes = split(shared, "test", EVERY_TEST)
    ordinary = reference.similarity(vectors(backbone, clothes))
    drawn = [picture for _, picture in other_things.pictures(COUNT)]
    corners = [other_things.crop(photo, number) for number, photo in enumerate(clothes[::10])]
    strange = reference.similarity(vectors(backbone, [*drawn, *corners]))
    assert evaluation.auroc(ordinary, strange) >= 0.97
    limit = np.quantile(reference.similarity(vectors(backbone, split(shared, "validation", 2))), doubt.FALSE_ALARMS)
    assert 0.01 <= np.mean(ordinary < limit) <= 0.12  # the promise is 5 %
    assert np.mean(strange < limit) > 0.9
