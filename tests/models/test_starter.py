"""The starter's training: student and teacher see the same views, it resumes where it was, and the shipped model gives
the student's answers."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest

from core import workspace
from core.answering import classifier, litert, shelf
from core.answering.card import TeacherFacts
from core.answering.head import softmax
from core.augment import engine, recipe
from core.backbones import RESIDUAL
from core.datasets import catalogue, pack
from core.errors import ModelError
from models import build, norms, starter, student
from models.backdrops import Backdrops
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
def finished_training(_finished, tmp_path_factory) -> Training:
    """The training of a student, to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(_finished.home))
        complete = training(catalogue.load("tiny"), _finished.model, tmp_path_factory.mktemp("done"))
        complete.run()
        return complete


def training(dataset, model, folder, schedule=QUICK, start=None) -> Training:
    folder.mkdir(exist_ok=True)
    return Training(schedule, dataset, model, folder, start)


def test_a_view_is_the_engines_blended_in_pairs(dataset):
    photos = pack.load(dataset, "train", 32)
    mixing, view = VIEWS.mixing(photos, 1), VIEWS.photos(photos, 1)
    changed = engine.augment(np.asarray(photos.pixels), photos.numbers, 1, TURNED, 3).astype(np.float64)
    shares = mixing.shares[:, None, None, None]
    np.testing.assert_allclose(view, (1 - shares) * changed + shares * changed[mixing.partners], atol=1)
    assert (view[mixing.shares == 0] == changed[mixing.shares == 0]).all()
    assert 0 < (mixing.shares > 0).mean() < 1
    assert not (VIEWS.photos(photos, 2) == view).all()


def test_a_backdrop_is_exchanged_at_every_size_alike(dataset):
    small, large = (pack.load(dataset, "train", size) for size in (32, 64))
    backdrops = Backdrops(large, share=0.5, seed=3)
    with ThreadPoolExecutor(2) as threads:
        first, again, at_large, other = (
            backdrops.exchanged(photos, view, threads)
            for photos, view in ((small, 1), (small, 1), (large, 1), (small, 2))
        )
    changed = (first != small.pixels).any((1, 2, 3))
    assert 0.2 < changed.mean() < 0.8
    assert np.array_equal(first, again)
    assert np.array_equal(changed, (at_large != large.pixels).any((1, 2, 3)))
    assert not np.array_equal(first, other)
    middle = (slice(None), slice(14, 18), slice(14, 18))  # garment for certain
    np.testing.assert_allclose(first[middle].astype(int), np.asarray(small.pixels)[middle].astype(int), atol=2)
    one, two = Views(TURNED, 0.0, 3).name(small, 1), Views(TURNED, 0.0, 3, backdrops).name(small, 1)
    assert one != two


def test_labels_are_blended_as_the_photos_are():
    mixing = Mixing(np.array([1, 0]), np.array([0.25, 0.0], np.float32))
    np.testing.assert_allclose(mixing.of_labels(np.eye(2, dtype=np.float32)), [[0.75, 0.25], [0, 1]])


def test_the_teacher_sees_the_same_view_at_its_own_size(finished, dataset):
    photos = pack.load(dataset, "train", 32)
    teacher = Teacher(finished.model, photos, VIEWS)
    logits, vectors = teacher.answers(1)
    answers = classifier.load(finished.model).logits(VIEWS.photos(photos, 1))
    np.testing.assert_allclose(logits, answers, atol=0.02, rtol=0.01)  # kept in 16 bits
    expected = np.concatenate(
        list(litert.Backbone(finished.model.folder / "backbone.tflite").vectors(VIEWS.photos(photos, 1)))
    )
    np.testing.assert_allclose(vectors, expected, atol=0.02, rtol=0.01)


def test_the_teachers_answers_are_cached(finished, dataset, monkeypatch):
    photos = pack.load(dataset, "train", 32)
    first = Teacher(finished.model, photos, VIEWS).answers(2)
    monkeypatch.setattr(litert.Backbone, "vectors", lambda *_: pytest.fail("it computed the answers again"))
    for before, after in zip(first, Teacher(finished.model, photos, VIEWS).answers(2), strict=True):
        assert (before == after).all()


def test_it_resumes_where_it_was(finished, finished_training, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(student, "BACKUP_SECONDS", 0.0)
    cut = training(dataset, finished.model, tmp_path / "cut")
    score, epochs = cut.student.logits, itertools.count()

    def until_killed(pixels):
        if next(epochs) == 2:
            raise KeyboardInterrupt
        return score(pixels)

    monkeypatch.setattr(cut.student, "logits", until_killed)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    resumed = training(dataset, finished.model, tmp_path / "cut")
    assert len(resumed.curve) == 2
    resumed.run()
    for expected, actual in zip(finished_training.curve, resumed.curve, strict=True):
        assert actual == pytest.approx(expected, rel=0.02, abs=0.02)


def test_fused_batchnorm_answers_and_learns_like_keras_own(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), np.uint8)
    expected = np.eye(3, dtype=np.float32)[np.arange(16) % 3]

    def trained() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        keras.utils.set_random_seed(0)
        body = build.backbone(RESIDUAL, None, None)
        norms.fuse(body)
        network = build.whole(body, keras.Sequential([keras.Input((RESIDUAL.features,)), keras.layers.Dense(3)]))
        network.compile(keras.optimizers.SGD(0.01), keras.losses.CategoricalCrossentropy(from_logits=True))
        before = np.asarray(network(pixels))
        for _ in range(2):
            network.train_on_batch(pixels, expected)
        return before, np.asarray(network(pixels)), build.values(network.variables)

    fused = trained()
    monkeypatch.setattr(norms, "fuse", lambda network: None)
    keras_own = trained()
    for one, other in zip(fused[:2], keras_own[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=0.02, atol=0.02 * np.abs(other).max())
    for one, other in zip(fused[2], keras_own[2], strict=True):  # the variances are unbiased: 16 · 4 values at least
        np.testing.assert_allclose(one, other, rtol=0.02, atol=0.02 * np.abs(other).max() + 1e-6)


def test_a_student_can_begin_with_a_saved_model(finished, finished_training, dataset, tmp_path):
    starter.ship(finished_training, dataset, tmp_path / "starter", teacher=TeacherFacts(name="somebody"))
    first = shelf.read(tmp_path / "starter")
    continued = training(dataset, finished.model, tmp_path / "more", start=first)
    pixels = np.asarray(pack.load(dataset, "validation", 48).pixels)
    np.testing.assert_allclose(
        softmax(continued.student.logits(pixels)), softmax(classifier.load(first).logits(pixels)), atol=1e-2
    )
    began = build.values(continued.student.body.variables)
    continued = training(dataset, finished.model, tmp_path / "half", replace(QUICK, epochs=2, kept=0.5), first)
    continued.run()
    ended = build.values(continued.student.body.variables)
    continued.average()
    for before, after, mean in zip(began, ended, build.values(continued.student.body.variables), strict=True):
        np.testing.assert_allclose(mean, (before + after) / 2, rtol=1e-4, atol=1e-6)
    with pytest.raises(ModelError, match=r"same network \(small_cnn\) and classes"):
        training(dataset, finished.model, tmp_path / "other", replace(QUICK, backbone="small_cnn"), first)


def test_the_second_stage_does_not_begin_with_random_weights(home, capsys, monkeypatch):
    monkeypatch.setattr(starter, "_best_teacher", lambda dataset: None)
    monkeypatch.setattr("sys.argv", ["models.starter"])
    assert starter.main() == 1
    assert "python -m models.starter --schedule first" in capsys.readouterr().err
    assert not (workspace.SHIPPED_MODELS / shelf.STARTER).exists()


@pytest.mark.parametrize("change", [{"epochs": 5}, {"recipe": TURNED[:1]}, {"mixed": 0.75}])
def test_a_backup_of_another_schedule_is_refused(finished, dataset, tmp_path, change):
    training(dataset, finished.model, tmp_path / "done", replace(QUICK, epochs=2)).run()
    with pytest.raises(ModelError, match="another schedule, teacher or start"):
        training(dataset, finished.model, tmp_path / "done", replace(QUICK, **{"epochs": 2, **change}))


def test_it_learns_from_only_labels_too(finished, dataset, tmp_path):
    schedule = replace(QUICK, learns="labels", backbone="small_cnn", epochs=12, mixed=0.0, recipe=(), batch_size=4)
    trained = training(dataset, finished.model, tmp_path / "labels", schedule)
    trained.run()
    assert trained.curve[-1]["loss"] < 0.9 * trained.curve[0]["loss"]


def test_the_shipped_model_answers_like_the_student(finished, finished_training, dataset, tmp_path):
    target = tmp_path / "shelf" / "starter"
    for _ in range(2):  # the second replaces the first
        card = starter.ship(finished_training, dataset, target, teacher=TeacherFacts(name="somebody"))
    assert [path.name for path in target.parent.iterdir()] == ["starter"]
    model = shelf.read(target)
    assert model.card == card
    assert json.loads((target / "card.json").read_text(encoding="utf-8")) == card.model_dump(mode="json")
    assert (model.name, card.image_size, card.teacher) == ("starter", 48, TeacherFacts(name="somebody"))
    validation = pack.load(dataset, "validation", 48)
    shipped = classifier.Classifier(model).logits(np.asarray(validation.pixels))
    learned = finished_training.student.logits(np.asarray(validation.pixels))
    assert np.abs(softmax(shipped) - softmax(learned)).max() < 1e-2
    assert (target / "backbone.tflite").stat().st_size < 2.2 * finished_training.student.body.count_params()
