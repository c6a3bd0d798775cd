"""The offer of a better model: only for the starter, and only if there is something to gain."""

from pathlib import Path

import pytest

from core import workspace
from core.answering import shelf
from core.datasets import adding, catalogue
from core.runs import better, estimate
from tests.conftest import TINY_CLASSES, TINY_COUNTS
from tests.fabricated import saved_model

PHOTOS = {"train": 3000, "validation": 300, "test": 300}  # the training data of the starter in these tests


def model_on_shelf(
    name: str = shelf.STARTER, test: float = 0.9, dataset: str = catalogue.CLOTHING, **card: object
) -> shelf.Model:
    scores = {"validation": {"accuracy": 0.9}, "test": {"accuracy": test}}
    return shelf.read(saved_model(name, **{"dataset": dataset, "scores": scores, "photos": PHOTOS, **card}))


def test_there_is_an_offer_for_the_starter():
    offer = better.offer(model_on_shelf())
    assert offer.settings.fine_tune
    assert offer.settings.dataset == catalogue.CLOTHING
    assert offer.accuracy > 0.9
    assert not offer.has_photos
    assert offer.seconds == estimate.seconds([offer.settings], PHOTOS) > 60


def test_the_photos_that_are_here_are_counted(tiny_dataset: Path):
    adding.add_folder(catalogue.CLOTHING, tiny_dataset)
    offer = better.offer(model_on_shelf(labels=list(TINY_CLASSES)))
    assert offer.has_photos
    assert offer.seconds < estimate.seconds([offer.settings], PHOTOS)


def test_the_photos_are_recognised_under_any_name(tiny_dataset: Path):
    photos = {split: 3 * count for split, count in TINY_COUNTS.items()}
    adding.add_folder("mine", tiny_dataset)
    offer = better.offer(model_on_shelf(labels=list(TINY_CLASSES), photos=photos))
    assert (offer.has_photos, offer.settings.dataset) == (True, "mine")


def test_other_classes_under_the_same_name_are_not_taken_for_them(tiny_dataset: Path):
    adding.add_folder(catalogue.CLOTHING, tiny_dataset)
    assert not better.offer(model_on_shelf(labels=["a", "b", "c"])).has_photos


@pytest.mark.parametrize("other", [{"labels": ["a", "b", "c"]}, {"photos": PHOTOS}])
def test_other_photos_are_not_taken_for_them(tiny_dataset: Path, other):
    photos = {split: 3 * count for split, count in TINY_COUNTS.items()}
    adding.add_folder("mine", tiny_dataset)
    offer = better.offer(model_on_shelf(**{"labels": list(TINY_CLASSES), "photos": photos, **other}))
    assert (offer.has_photos, offer.settings.dataset) == (False, catalogue.CLOTHING)


def test_weights_that_are_not_here_are_announced(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    model = model_on_shelf()
    offer = better.offer(model)
    assert offer.download_bytes == 9_400_000
    place = tmp_path / "models"
    place.mkdir()
    (place / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5").touch()
    assert better.offer(model).download_bytes == 0


@pytest.mark.parametrize("other", [{"name": "mine"}, {"test": 0.95}, {"dataset": "shoes"}])
def test_there_is_no_offer_for_another_or_a_better_model(other):
    assert better.offer(model_on_shelf(**other)) is None


def test_what_is_promised_is_what_was_measured():
    results = (workspace.PROJECT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert f"**test {better.ACCURACY:.3f}".replace("0.", ".") in results
