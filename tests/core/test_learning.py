"""A new version of a model from corrections: what it learns, what it keeps, and what it says about itself."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import photos
from core.answering import classifier, doubt, head, likeness, shelf
from core.answering.doubt import Doubt
from core.answering.likeness import Corrected, Neighbours, Subspace
from core.answering.shelf import Model
from core.datasets import adding, catalogue, managing, review, trained_on
from core.datasets.trained_on import TrainedOn
from core.errors import AppError, ModelError
from core.reviewing import features
from core.teaching import corrected_photos, corrections, gains, learning, old_photos, refit, version
from core.teaching.kinds import NONE
from core.teaching.refit import OldPhotos
from tests.conftest import encoded
from tests.fabricated import flat, saved_model
from tests.full_disk import limit_disk

pytestmark = pytest.mark.usefixtures("home")
OWN = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200)}


@pytest.fixture
def model(home: Path) -> Model:
    return shelf.read(saved_model("colours"))


def colour(red: int, green: int, blue: int, seed: int) -> bytes:
    """A photo of about that colour, in front of a backdrop of its own."""
    shift = np.random.default_rng(seed).integers(-9, 10, 3)
    return encoded(flat(*(int(level) for level in np.clip(shift + np.array((red, green, blue)), 0, 255))), "PNG")


def correct(model: Model, label: str, count: int, of: tuple[int, int, int], start: int = 0) -> list[bytes]:
    photos = [colour(*of, seed) for seed in range(start, start + count)]
    corrections.add(model, [(f"{chr(97 + n)}{7 * n}.png", data, label, "red") for n, data in enumerate(photos)])
    return photos


def own_dataset(folder: Path) -> None:
    """The dataset that the model's card names: red, green and blue photos, well told apart."""
    first = 0
    for split, count in (("train", 12), ("validation", 6), ("test", 3)):
        for label, of in OWN.items():
            (folder / split / label).mkdir(parents=True)
            for number in range(first, first + count):
                (folder / split / label / f"{number}.png").write_bytes(colour(*of, 1000 + number))
        first += count
    adding.add_folder("own", folder)


def test_it_learns_what_was_corrected_and_keeps_the_rest(model: Model) -> None:
    orange = correct(model, "blue", 8, (160, 120, 0))
    new = learning.learn("colours")
    assert (new.name, new.labels) == ("colours-corrected", model.labels)
    answers = [classifier.load(new).answer(data).label for data in orange]
    assert answers == ["blue"] * 8
    for label, of in OWN.items():
        assert classifier.load(new).answer(colour(*of, 5)).label == label
    assert shelf.model("colours").card == model.card


def test_the_card_says_what_it_learned_from(model: Model) -> None:
    correct(model, "blue", 8, (160, 120, 0))
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert (facts.origin, facts.previous, facts.photos, facts.judged, facts.scored) == ("colours", "colours", 8, 8, 0)
    assert (facts.right_before, facts.old_photos) == (0, 0)
    assert facts.right <= 8
    said = " ".join(gains.sentences(facts, is_taught=False))
    assert "can't be said" in said
    assert "in one sitting" in said


def test_the_scores_stay_those_of_the_model_without_its_validation_photos(model: Model) -> None:
    correct(model, "violet", 5, (160, 0, 160))
    new = learning.learn("colours")
    assert new.labels == (*model.labels, "violet")
    assert new.validation_accuracy == model.validation_accuracy
    assert new.card.scores.validation.confusion == ()
    assert new.card.temperature == model.card.temperature
    assert shelf.active() is not None
    assert [each.name for each in learning.versions(new)] == ["colours-corrected", "colours"]


def test_a_new_kind_becomes_an_answer(model: Model) -> None:
    violet = correct(model, "violet", 6, (160, 0, 160))
    new = learning.learn("colours")
    asked = classifier.load(new)
    assert [asked.answer(data).label for data in violet] == ["violet"] * 6
    assert asked.answer(colour(160, 0, 160, 99)).label == "violet"
    assert asked.answer(colour(*OWN["red"], 5)).label == "red"
    assert new.card.corrected is not None
    assert new.card.corrected.new == ("violet",)


def test_a_new_kind_needs_three_photos(model: Model) -> None:
    correct(model, "violet", 2, (160, 0, 160))
    assert corrected_photos.waiting(model) == {"violet": 2}
    with pytest.raises(ModelError, match="no corrections to learn from"):
        learning.learn("colours")
    correct(model, "violet", 1, (160, 0, 160), start=2)
    assert corrected_photos.waiting(model) == {}
    assert "violet" in learning.learn("colours").labels


def test_none_of_these_sharpens_the_doubt(home: Path, tmp_path: Path) -> None:
    saved_model("colours")
    own_dataset(tmp_path / "own")
    model = shelf.model("colours")
    correct(model, NONE, 6, (200, 200, 200))
    new = learning.learn("colours")
    assert new.labels == model.labels
    assert isinstance(likeness.load(new.folder / "stats.npz"), Corrected)
    white = colour(200, 200, 200, 99)
    assert classifier.load(new).answer(white).doubt is Doubt.UNLIKE
    ordinary = [classifier.load(new).answer(colour(*of, seed)).doubt for of in OWN.values() for seed in range(40, 50)]
    assert sum(each is Doubt.UNLIKE for each in ordinary) <= 4
    facts = new.card.corrected
    assert facts is not None
    assert (facts.none, facts.judged, facts.noticed_before) == (6, 0, 0)


def test_with_its_dataset_it_is_scored_anew_on_validation_photos(model: Model, tmp_path: Path) -> None:
    own_dataset(tmp_path / "own")
    correct(model, "blue", 8, (160, 120, 0))
    new = learning.learn("colours")
    facts = new.card.corrected
    assert facts is not None
    assert (facts.scored, facts.old_photos) == (18, 36)
    assert (facts.gained, facts.lost) == (0, 0)
    assert new.card.scores.validation.count == 18
    assert new.card.trained_on is not None
    assert len(new.card.thresholds_at) > 1
    assert "18 validation photos" in " ".join(gains.sentences(facts, is_taught=False))


def test_a_validation_photo_that_was_corrected_judges_nothing(model: Model, tmp_path: Path) -> None:
    own_dataset(tmp_path / "own")
    data = (tmp_path / "own/validation/red/12.png").read_bytes()
    corrections.add(model, [("12.png", data, "blue", "red")])
    correct(model, "blue", 4, (160, 120, 0))
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert facts.scored == 17


def state_of_own() -> TrainedOn:
    """The dataset "own" as it is now."""
    dataset = catalogue.load("own")
    photos_of = {
        split: [(label, photos.key(path.read_bytes())) for path, label in zip(some.paths, some.labels, strict=True)]
        for split, some in dataset.splits.items()
    }
    return trained_on.of_photos(photos_of, dataset.classes)


def test_after_a_change_of_its_dataset_no_validation_photo_judges(home: Path, tmp_path: Path) -> None:
    own_dataset(tmp_path / "own")
    model = shelf.read(saved_model("colours", trained_on=state_of_own().model_dump(mode="json")))
    correct(model, "blue", 8, (160, 120, 0))
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert facts.scored == 18
    learned_from = next(name for name in photo_names_of("own") if name.startswith("train/red/"))
    review.decide("own", [learned_from], "split", "validation")
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert (facts.scored, facts.old_photos) == (0, 35)
    assert "its dataset has changed since it was trained" in " ".join(gains.sentences(facts, is_taught=False))


def photo_names_of(dataset: str) -> list[str]:
    contents = catalogue.contents_of(dataset)
    return contents.names([path for _, _, path in contents.rows()])


def test_old_photos_are_read_once(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_dataset(tmp_path / "own")
    correct(model, "blue", 8, (160, 120, 0))
    learning.learn("colours")
    read = list[Path]()
    read_file = photos.read_file
    monkeypatch.setattr(photos, "read_file", lambda path: read.append(path) or read_file(path))
    learning.learn("colours")
    assert not [path for path in read if path.is_relative_to(tmp_path / "own")]


def test_a_taught_model_has_no_validation_photos_by_design(home: Path, tmp_path: Path) -> None:
    own_dataset(tmp_path / "own")
    model = shelf.read(saved_model("colours", taught={"sessions": 3, "penalty": 1.0}))
    correct(model, "blue", 8, (160, 120, 0))
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert facts.scored == 0
    said = " ".join(gains.sentences(facts, is_taught=True))
    assert "taught kind by kind, and learned from all its photos" in said
    assert "Its score is that of colours before the corrections." in said
    assert "not on this machine" not in said
    assert "Data page" not in said


def test_one_correction_is_too_few(model: Model) -> None:
    correct(model, "blue", 1, (160, 120, 0))
    facts = learning.learn("colours").card.corrected
    assert facts is not None
    assert any(said.startswith("1 correction is too few") for said in gains.sentences(facts, is_taught=False))


def test_versions_of_one_second_are_in_the_order_in_which_they_were_saved(model: Model) -> None:
    correct(model, "blue", 6, (160, 120, 0))
    saved = [learning.learn("colours").name for _ in range(3)]
    assert [each.name for each in learning.versions(model)] == [*reversed(saved), "colours"]


def test_each_version_starts_from_the_first_with_all_corrections(model: Model) -> None:
    orange = correct(model, "blue", 6, (160, 120, 0))
    second = learning.learn("colours")
    assert corrections.origin(second).name == "colours"
    violet = correct(second, "violet", 6, (160, 0, 160), start=50)
    assert corrections.dataset_of(second) == corrections.dataset_of(model)
    third = learning.learn(second.name)
    facts = third.card.corrected
    assert facts is not None
    assert (facts.origin, facts.previous, facts.photos) == ("colours", second.name, 12)
    asked = classifier.load(third)
    assert {asked.answer(data).label for data in orange} == {"blue"}
    assert {asked.answer(data).label for data in violet} == {"violet"}
    assert [each.name for each in learning.versions(second)] == [third.name, second.name, "colours"]


def test_when_the_first_model_is_gone_the_version_goes_on(model: Model) -> None:
    correct(model, "blue", 6, (160, 120, 0))
    second = learning.learn("colours")
    shelf.delete("colours")
    assert corrections.origin(second).name == second.name
    assert len(corrections.of(second)) == 6
    correct(second, "violet", 6, (160, 0, 160), start=50)
    third = learning.learn(second.name)
    assert third.card.corrected is not None
    assert (third.card.corrected.origin, third.card.corrected.photos) == ("colours", 12)
    assert "violet" in third.labels
    assert corrections.origin(third).name == second.name
    assert [each.name for each in learning.versions(third)] == [third.name, second.name]
    managing.remove(corrections.dataset_of(third))
    violet = correct(third, "violet", 6, (160, 0, 160), start=50)
    corrections.add(third, [("z.png", violet[0], "violet", "red")])
    assert len(corrections.of(second)) == 6
    correct(second, "blue", 6, (160, 120, 0))
    shelf.delete(second.name)
    assert corrections.origin(third).name == third.name
    assert len(corrections.of(third)) == 12
    fourth = learning.learn(third.name)
    assert fourth.card.corrected is not None
    assert fourth.card.corrected.photos == 12
    assert "violet" in fourth.labels


def test_without_corrections_there_is_nothing_to_learn(model: Model) -> None:
    for attempt in (learning.learn, learning.start):
        with pytest.raises(ModelError, match="Correct some answers first"):
            attempt("colours")
    with pytest.raises(ModelError, match="no saved model 'gone'"):
        learning.start("gone")


def test_a_full_disk_leaves_no_half_version(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    correct(model, "blue", 6, (160, 120, 0))
    before = sorted(path.name for path in model.folder.parent.iterdir())
    with monkeypatch.context() as patch:
        limit_disk(patch, room=0)
        with pytest.raises((AppError, OSError)):
            learning.learn("colours")
    assert sorted(path.name for path in model.folder.parent.iterdir()) == before
    assert learning.learn("colours").name == "colours-corrected"


def test_it_learns_in_a_process_of_its_own(model: Model) -> None:
    correct(model, "blue", 6, (160, 120, 0))
    dataset = corrections.dataset_of(model)
    assert learning.status(dataset) is None
    learning.start("colours")
    learning.start("colours")  # a second click changes nothing
    for _ in range(300):
        status = learning.status(dataset)
        assert status is not None
        if not status.running:
            break
        time.sleep(0.2)
    assert (status.error, status.share) == ("", 1.0)
    assert [each.name for each in learning.versions(model)] == ["colours-corrected", "colours"]
    learning.forget(dataset)
    assert learning.status(dataset) is None


def test_a_dataset_that_was_removed_meanwhile_is_a_sentence(model: Model) -> None:
    correct(model, "blue", 6, (160, 120, 0))
    managing.remove(corrections.dataset_of(model))
    with pytest.raises(ModelError, match="no corrections to learn from"):
        learning.learn("colours")


def test_no_correction_is_judged_by_what_has_seen_its_sitting(model: Model) -> None:
    correct(model, "violet", 6, (160, 0, 160))
    correct(model, NONE, 6, (200, 200, 200), start=50)
    before = classifier.load(model)
    photos = corrected_photos.of(model, features.of_model(model))
    past = old_photos.Past(OldPhotos(likeness.examples(before.likeness, 220.0), are_training=False), None)
    learned = version.learn(before, past, photos)
    together = gains.of(model, before, past, replace(photos, sessions=np.zeros(12, np.intp)), learned)
    assert (together.sittings, together.judged, together.none) == (1, 6, 6)
    assert (together.right, together.noticed) == (0, together.noticed_before)
    assert "in one sitting" in " ".join(gains.sentences(together, is_taught=False))
    apart = gains.of(model, before, past, replace(photos, sessions=np.arange(12)), learned)
    assert (apart.sittings, apart.right) == (12, 6)
    assert apart.noticed > apart.noticed_before
    assert f"it notices {apart.noticed} that it has not seen" in " ".join(gains.sentences(apart, is_taught=False))


# The head and the doubt


def test_a_head_with_hidden_layers_learns_in_its_last(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    kernels = (rng.normal(size=(5, 7)).astype(np.float32), rng.normal(size=(7, 3)).astype(np.float32))
    old = head.Head(kernels, (np.zeros(7, np.float32), np.zeros(3, np.float32)), "relu")
    vectors = (6 + rng.normal(size=(4, 5))).astype(np.float32)  # far from the old photos
    labels = np.full(4, 3)
    photos = OldPhotos(rng.normal(size=(500, 5)).astype(np.float32), are_training=True)
    new = refit.head(old, photos, vectors, labels, 4)
    np.testing.assert_array_equal(new.kernels[0], old.kernels[0])
    assert new.kernels[1].shape == (7, 4)
    assert (new.logits(vectors).argmax(axis=1) == labels).all()
    assert (new.logits(photos.vectors).argmax(axis=1) == old.logits(photos.vectors).argmax(axis=1)).mean() > 0.85


def test_without_old_photos_the_prior_alone_holds_the_rest() -> None:
    old = head.Head((np.eye(3, dtype=np.float32) * 10,), (np.zeros(3, np.float32),), "relu")
    nothing = OldPhotos(np.zeros((0, 3), np.float32), are_training=False)
    new = refit.head(old, nothing, np.array([[0.5, 0.45, 0]], np.float32), np.array([1]), 3)
    assert list(new.logits(np.eye(3, dtype=np.float32)).argmax(axis=1)) == [0, 1, 2]


def test_without_old_photos_nothing_sharpens_the_doubt() -> None:
    measure = Neighbours(np.eye(3, dtype=np.float32))
    nothing = OldPhotos(np.zeros((0, 3), np.float32), are_training=False)
    assert refit.doubt(measure, nothing, np.ones((4, 3), np.float32)) is measure


def test_a_corrected_likeness_is_stored_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(90, 6)).astype(np.float32)
    for measure in (Neighbours.of(vectors), Subspace.of(vectors)):
        corrected = Corrected(measure, rng.normal(size=6).astype(np.float32), -1.5)
        likeness.save(corrected, tmp_path / "stats.npz")
        loaded = likeness.load(tmp_path / "stats.npz")
        assert isinstance(loaded, Corrected)
        np.testing.assert_allclose(loaded.similarity(vectors), corrected.similarity(vectors), rtol=1e-5)
        assert (loaded.similarity(vectors) <= measure.similarity(vectors) + 1e-6).all()
        assert len(likeness.examples(loaded, 2.0)) == 90
    np.testing.assert_allclose(likeness.examples(Subspace.of(vectors), 1.0), vectors, rtol=2e-3, atol=1e-4)


def test_a_damaged_correction_of_the_likeness_is_refused(tmp_path: Path) -> None:
    for wrong in ({"none_kernel": np.zeros(4, np.float32)}, {"examples": np.zeros((2, 5))}, {"none_bias": np.nan}):
        np.savez(tmp_path / "stats.npz", axes=np.eye(3), **wrong)
        with pytest.raises(ModelError, match="missing or damaged"):
            likeness.load(tmp_path / "stats.npz")


def test_the_usual_rate_is_among_the_thresholds_of_a_version(model: Model) -> None:
    correct(model, NONE, 6, (90, 90, 90))
    new = learning.learn("colours")
    assert new.card.limits[doubt.FALSE_ALARMS] == new.card.thresholds
