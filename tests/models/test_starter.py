"""The starter's training: student and teacher see the same views, it goes on where it was, and what it ships answers
like what it learned."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.answering import classifier, litert, shelf
from core.answering.card import TeacherFacts
from core.answering.head import softmax
from core.augment import engine, recipe
from core.datasets import catalogue, pack
from models import starter, student
from models.distil import Mixing, Teacher, Views
from models.student import Training

pytestmark = pytest.mark.slow

TURNED = (recipe.step("horizontal_flip"), recipe.step("width_shift", width_shift_range=0.25))
VIEWS = Views(TURNED, mixed=0.5, seed=3)
QUICK = replace(
    starter.SHIPPED,
    sizes=((32, 0.5), (48, 1.0)),
    answers_at=48,
    epochs=4,
    views=3,
    recipe=TURNED,
    batch_size=8,
    warmup=1,
)


@pytest.fixture
def dataset(finished) -> catalogue.Dataset:
    return catalogue.load("tiny")


@pytest.fixture(scope="module")
def done(_finished, tmp_path_factory) -> Training:
    """A student that has learned to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(_finished.home))
        one = training(catalogue.load("tiny"), _finished.model, tmp_path_factory.mktemp("done"))
        one.run()
        return one


def training(dataset, model, folder, schedule=QUICK) -> Training:
    folder.mkdir(exist_ok=True)
    return Training(schedule, dataset, model, folder)


def test_a_view_is_the_engines_blended_in_pairs(dataset):
    photos = pack.load(dataset, "train", 32)
    mixing, seen = VIEWS.mixing(photos, 1), VIEWS.photos(photos, 1)
    changed = engine.augmented(np.asarray(photos.pixels), photos.numbers, 1, TURNED, 3).astype(np.float64)
    shares = mixing.shares[:, None, None, None]
    np.testing.assert_allclose(seen, (1 - shares) * changed + shares * changed[mixing.partners], atol=1)
    assert (seen[mixing.shares == 0] == changed[mixing.shares == 0]).all()
    assert 0 < (mixing.shares > 0).mean() < 1
    assert not (VIEWS.photos(photos, 2) == seen).all()


def test_labels_are_blended_as_the_photos_are():
    mixing = Mixing(np.array([1, 0]), np.array([0.25, 0.0], np.float32))
    np.testing.assert_allclose(mixing.of_labels(np.eye(2, dtype=np.float32)), [[0.75, 0.25], [0, 1]])


def test_the_teacher_sees_the_same_view_at_its_own_size(finished, dataset):
    photos = pack.load(dataset, "train", 32)
    teacher = Teacher(finished.model, photos, VIEWS)
    logits, vectors = teacher.answers(1)
    asked = classifier.load(finished.model).logits(VIEWS.photos(photos, 1))
    np.testing.assert_allclose(logits, asked, atol=0.02, rtol=0.01)  # kept in 16 bits
    expected = np.concatenate(
        list(litert.Backbone(finished.model.folder / "backbone.tflite").vectors(VIEWS.photos(photos, 1)))
    )
    np.testing.assert_allclose(vectors, expected, atol=0.02, rtol=0.01)


def test_what_the_teacher_said_is_kept(finished, dataset, monkeypatch):
    photos = pack.load(dataset, "train", 32)
    first = Teacher(finished.model, photos, VIEWS).answers(2)
    monkeypatch.setattr(Teacher, "_computed", lambda *_: pytest.fail("it looked again"))
    for one, other in zip(first, Teacher(finished.model, photos, VIEWS).answers(2), strict=True):
        assert (one == other).all()


def test_it_goes_on_where_it_was(finished, done, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(student, "BACKUP_SECONDS", 0.0)
    cut = training(dataset, finished.model, tmp_path / "cut")
    learn = Training._epoch

    def until_killed(self, epoch, *given):
        if epoch == 2:
            raise KeyboardInterrupt
        learn(self, epoch, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "_epoch", until_killed)
        with pytest.raises(KeyboardInterrupt):
            cut.run()
    resumed = training(dataset, finished.model, tmp_path / "cut")
    assert len(resumed.curve) == 2
    resumed.run()
    for one, other in zip(done.curve, resumed.curve, strict=True):
        assert other == pytest.approx(one, rel=0.02, abs=0.02)


def test_it_learns_from_labels_alone_too(finished, dataset, tmp_path):
    schedule = replace(QUICK, learns="labels", backbone="small_cnn", epochs=12, mixed=0.0, recipe=(), batch_size=4)
    trained = training(dataset, finished.model, tmp_path / "labels", schedule)
    trained.run()
    assert trained.curve[-1]["loss"] < 0.9 * trained.curve[0]["loss"]


def test_what_is_shipped_answers_like_the_student(finished, done, dataset, tmp_path):
    target = tmp_path / "shelf" / "starter"
    for _ in range(2):  # the second takes the place of the first
        card = starter.ship(done, dataset, target, teacher=TeacherFacts(name="somebody"))
    assert [path.name for path in target.parent.iterdir()] == ["starter"]
    model = shelf.read(target)
    assert model.card == card
    assert json.loads((target / "card.json").read_text(encoding="utf-8")) == card.model_dump(mode="json")
    assert (model.name, card.image_size, card.teacher) == ("starter", 48, TeacherFacts(name="somebody"))
    judged = pack.load(dataset, "validation", 48)
    ours = classifier.Classifier(model).logits(np.asarray(judged.pixels))
    learned = done.student.logits(np.asarray(judged.pixels))
    assert np.abs(softmax(ours) - softmax(learned)).max() < 1e-2
    assert (target / "backbone.tflite").stat().st_size < 2.2 * done.student.body.count_params()
