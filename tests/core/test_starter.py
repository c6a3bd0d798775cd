"""The model that ships with the project: whole, small, deterministic, and as good as its card says."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from core import photos, workspace
from core.__main__ import main
from core.answering import head, shelf
from core.answering.classifier import Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.augment import engine, recipe
from core.datasets import adding, catalogue, drawn, other_things

FOLDER = workspace.PROJECT / "models" / "saved" / shelf.STARTER
MOST_BYTES = 10_000_000
TURNED = (recipe.step("rotation", rotation_range=20), recipe.step("horizontal_flip"))


@pytest.fixture(scope="module")
def starter() -> Model:
    return shelf.read(FOLDER)


@pytest.fixture(scope="module")
def classifier(starter: Model) -> Classifier:
    return Classifier(starter)


@pytest.fixture(scope="module")
def pictures(classifier: Classifier) -> np.ndarray:
    """Drawn garments at the model's size, and the same turned."""
    plain = [photos.resize(np.asarray(drawn.garment(label, 0)), classifier.size) for label in drawn.CLASSES]
    squares = np.stack(plain)
    return np.concatenate([squares, engine.augment(squares, np.arange(len(squares)), 0, TURNED, seed=1)])


def test_its_files_are_those_of_the_card(starter: Model):
    listed = starter.card.files
    assert {path.name for path in FOLDER.iterdir()} == {*listed, "card.json"} >= set(shelf.FILES)
    for name, facts in listed.items():
        content = (FOLDER / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (facts.bytes, facts.hash), name
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MOST_BYTES


def test_it_knows_the_ten_classes_of_the_photos(starter: Model, classifier: Classifier):
    assert starter.labels == tuple(sorted(drawn.CLASSES))
    assert starter.dataset == catalogue.CLOTHING
    assert starter.card.photos == {"train": 3068, "validation": 341, "test": 372}
    assert classifier.size == starter.card.image_size
    assert len(head.load(FOLDER / "head.npz").biases[-1]) == 10


def test_its_card_says_how_good_it_is(starter: Model):
    for split, photos_of_it in (("validation", 341), ("test", 372)):
        score = starter.card.scores.by_split[split]
        confusion = np.array(score.confusion)
        assert (score.count, confusion.sum()) == (photos_of_it, photos_of_it)
        assert np.trace(confusion) == score.correct == round(score.accuracy * photos_of_it)
        assert len(score.wrong) == photos_of_it - score.correct
        assert score.interval[0] < score.accuracy < score.interval[1]
        assert score.calibration_error < 0.08
    assert starter.card.scores.test.accuracy >= 0.87
    assert starter.card.licence
    assert starter.card.teacher.accuracy > starter.card.scores.validation.accuracy


def test_it_answers_the_same_every_time(classifier: Classifier, pictures: np.ndarray):
    first, again = (head.softmax(classifier.logits(pictures)) for _ in range(2))
    assert (first == again).all()
    one_by_one = np.concatenate([head.softmax(classifier.logits(picture[None])) for picture in pictures])
    np.testing.assert_allclose(one_by_one, first, atol=1e-5)
    loaded_anew = head.softmax(Classifier(shelf.read(FOLDER)).logits(pictures))
    assert (loaded_anew == first).all()
    assert first.std(axis=0).max() > 0.05  # pictures differ for it


def test_answers_come_with_their_doubts(classifier: Classifier, pictures: np.ndarray):
    answers = classifier.answers(pictures)
    assert all(abs(sum(share for _, share in answer.probabilities) - 1) < 1e-5 for answer in answers)
    other = np.stack([other_things.picture(kind, 0, classifier.size) for kind in ("bricks", "receipt", "sea")])
    assert [answer.doubt for answer in classifier.answers(other)] == [Doubt.UNLIKE] * 3


@pytest.mark.slow
def test_its_accuracy_is_the_cards_to_the_photo(shared: Path, starter: Model, capsys, monkeypatch):
    monkeypatch.setattr(workspace, "SHIPPED_MODELS", FOLDER.parent)
    adding.add_folder(catalogue.CLOTHING, shared / "clothing-dataset-small")
    assert main(["evaluate", shelf.STARTER, "--dataset", catalogue.CLOTHING, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    for fact in ("accuracy", "correct", "count", "confusion"):
        assert printed[fact] == starter.card.scores.test.model_dump(mode="json")[fact]


def test_the_page_about_it_has_the_cards_figures(starter: Model):
    page = (workspace.PROJECT / "docs" / "starter.md").read_text(encoding="utf-8")
    said = re.search(r"\*\*(\d+) of 372\*\*", page)
    assert said
    assert int(said[1]) == starter.card.scores.test.correct
