"""A model's opinions on augmented photos. The model answers the brightest of red, green and blue."""

import numpy as np
import pytest

from core import photos
from core.answering import label_safety, shelf
from core.answering.classifier import Classifier
from core.augment import preview, recipe
from tests.conftest import encoded
from tests.fabricated import flat, saved_model


@pytest.fixture
def classifier() -> Classifier:
    saved_model("colours")
    return Classifier(shelf.model("colours"))


def test_an_answer_that_flips_is_marked(classifier: Classifier) -> None:
    """A red photo turned upside down is still red; inverted it is cyan."""
    red = encoded(flat(250, 10, 40), "PNG")
    answer, safe = label_safety.opinions_on_draws(
        classifier, red, (recipe.step("vertical_flip", 1.0),), seed=0, count=5
    )
    assert answer.label == "red"
    assert [opinion.survives for opinion in safe] == [True] * 5
    _, unsafe = label_safety.opinions_on_draws(classifier, red, (recipe.step("inversion", 1.0),), seed=0, count=5)
    assert [opinion.survives for opinion in unsafe] == [False] * 5
    assert {opinion.label for opinion in unsafe} == {"green"}
    assert all(opinion.confidence < 0.1 < opinion.probability for opinion in unsafe)


def test_the_model_judges_the_views_that_training_sees(classifier: Classifier) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8), "PNG")
    steps = (recipe.step("rotation", rotation_range=90), recipe.step("horizontal_flip"))
    _, opinions = label_safety.opinions_on_draws(classifier, data, steps, seed=3, count=4)
    pixels = photos.square(data, classifier.size)
    views = preview.draws(pixels, photos.key_number(photos.key(data)), steps, seed=3, count=4)
    for opinion, view in zip(opinions, views, strict=True):
        np.testing.assert_array_equal(opinion.pixels, view.pixels)
        assert opinion.probability == pytest.approx(classifier.answers(view.pixels[None])[0].probability)


def test_confidence_falls_along_a_range(classifier: Classifier) -> None:
    """The darker a red photo, the less the red stands out."""
    red = encoded(flat(120, 20, 20), "PNG")
    settings = {"brightness_range": (0.1, 1.0)}
    _, opinions = label_safety.opinions_along(classifier, red, "brightness", settings, steps=6)
    confidences = [opinion.confidence for opinion in opinions]
    assert len(confidences) == 6
    assert confidences == sorted(confidences)
    assert confidences[0] < 0.6 < confidences[-1]


def test_the_views_are_compared_with_the_true_class(classifier: Classifier) -> None:
    """Inverting a cyan photo gives a red one: the answer changes, and only then it is the true class."""
    cyan = encoded(flat(5, 245, 215), "PNG")
    steps = (recipe.step("inversion", 1.0),)
    answer, views = label_safety.opinions_on_draws(classifier, cyan, steps, seed=0, count=3, true="red")
    assert answer.label == "green"
    assert [view.survives for view in views] == [True] * 3
    assert all(view.confidence > 0.9 for view in views)
    _, without = label_safety.opinions_on_draws(classifier, cyan, steps, seed=0, count=3, true="a class it lacks")
    assert [view.survives for view in without] == [False] * 3


def test_a_model_that_knows_the_class_is_asked() -> None:
    assert label_safety.model_for("red") is None
    saved_model("colours", created="2025-07-02T12:00:00+00:00")
    saved_model("shop", dataset="shop", labels=["boot", "clog", "sock"])
    assert label_safety.model_for("").name == "colours"
    assert label_safety.model_for("red").name == "colours"
    assert label_safety.model_for("boot").name == "shop"
    assert label_safety.model_for("hat").name == "colours"
