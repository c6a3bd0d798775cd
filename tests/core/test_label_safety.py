"""A model's opinion on augmented photos, from a model that answers the brightest of red, green and blue."""

import numpy as np
import pytest

from core import photos
from core.answering import label_safety, shelf
from core.answering.classifier import Classifier
from core.augment import preview, recipe
from tests.conftest import encoded
from tests.fabricated import flat, saved_model


@pytest.fixture
def ask() -> Classifier:
    saved_model("colours")
    return Classifier(shelf.model("colours"))


def test_an_answer_that_flips_is_marked(ask: Classifier) -> None:
    """Of a red photo that is turned upside down nothing is lost; inverted it is cyan, and no longer red."""
    red = encoded(flat(250, 10, 40), "PNG")
    answer, safe = label_safety.of_draws(ask, red, (recipe.step("vertical_flip", 1.0),), seed=0, count=5)
    assert answer.label == "red"
    assert [one.kept for one in safe] == [True] * 5
    _, unsafe = label_safety.of_draws(ask, red, (recipe.step("inversion", 1.0),), seed=0, count=5)
    assert [one.kept for one in unsafe] == [False] * 5
    assert {one.label for one in unsafe} == {"green"}
    assert all(one.confidence < 0.1 < one.probability for one in unsafe)


def test_the_model_judges_the_views_that_training_sees(ask: Classifier) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8), "PNG")
    steps = (recipe.step("rotation", rotation_range=90), recipe.step("horizontal_flip"))
    _, opinions = label_safety.of_draws(ask, data, steps, seed=3, count=4)
    pixels = photos.square(data, ask.size)
    shown = preview.draws(pixels, photos.key_number(photos.key(data)), steps, seed=3, count=4)
    for opinion, one in zip(opinions, shown, strict=True):
        np.testing.assert_array_equal(opinion.pixels, one.pixels)
        assert opinion.probability == pytest.approx(ask.answers(one.pixels[None])[0].probability)


def test_confidence_falls_along_a_range(ask: Classifier) -> None:
    """The darker a red photo, the less its red stands out."""
    red = encoded(flat(120, 20, 20), "PNG")
    settings = {"brightness_range": (0.1, 1.0)}
    _, along = label_safety.along(ask, red, "brightness", settings, steps=6)
    confidences = [one.confidence for one in along]
    assert len(confidences) == 6
    assert confidences == sorted(confidences)
    assert confidences[0] < 0.6 < confidences[-1]
