"""The shelf: all models, the best one and the active one."""

import json
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, doubt, shelf
from core.answering.doubt import Doubt
from core.datasets import catalogue
from core.errors import ModelError, PhotoError, SettingsError
from tests.conftest import encoded
from tests.fabricated import LABELS, SIZE, flat, saved_model


@pytest.fixture
def shipped() -> Path:
    """The folder of the models that ship with the project, empty here."""
    return workspace.SHIPPED_MODELS


def at(day: int) -> str:
    return f"2025-06-{day:02d}T12:00:00+00:00"


def names() -> list[str]:
    return [model.name for model in shelf.models()]


# All models


def test_an_empty_shelf():
    assert shelf.models() == []
    assert shelf.active() is None
    assert shelf.best("own") is None
    with pytest.raises(ModelError, match="Train a model first"):
        shelf.model("any")


def test_shipped_and_own_models_are_one_list_newest_first(shipped):
    saved_model("middle", created=at(2))
    saved_model(shelf.STARTER, shipped, created=at(1))
    saved_model("young", created=at(3))
    assert names() == ["young", "middle", "starter"]


@pytest.mark.parametrize("file", shelf.FILES)
def test_an_incomplete_model_is_hidden_and_its_name_raises_the_reason(file):
    saved_model("whole")
    half = saved_model("half")
    (half / file).unlink()
    assert names() == ["whole"]
    for way in ("half", str(half)):
        with pytest.raises(ModelError) as refused:
            shelf.model(way)
        assert file in str(refused.value)


@pytest.mark.parametrize(
    "card",
    ["", "{", "[]", "{}", '{"labels": ["a"], "dataset": "own", "created": "2025"}',
     '{"labels": ["a"], "dataset": "own", "created": "2025", "scores": {"validation": {"accuracy": null}}}'],
    ids=["empty", "half", "list", "nothing", "no scores", "no accuracy"],
)  # fmt: skip
def test_a_damaged_card_hides_one_model_and_no_other(card):
    saved_model("whole")
    broken = saved_model("broken")
    (broken / "card.json").write_text(card)
    assert names() == ["whole"]
    assert shelf.active().name == "whole"
    with pytest.raises(ModelError, match="card"):
        shelf.read(broken)


def test_folders_in_the_making_are_not_seen():
    saved_model(".young.x1y2")
    (workspace.models() / "something else").mkdir()
    (workspace.models() / "a file").touch()
    assert shelf.models() == []


def test_a_model_may_be_named_by_its_folder(tmp_path):
    elsewhere = saved_model("moved", tmp_path)
    assert shelf.model(str(elsewhere)).folder == elsewhere
    assert shelf.model(str(elsewhere)).labels == LABELS
    with pytest.raises(ModelError, match="missing"):
        shelf.model(str(tmp_path))


@pytest.mark.parametrize("name", ["", ".", "..", "../models/whole", "nothing"])
def test_an_invalid_name_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved_model("whole")
    with pytest.raises(ModelError):
        shelf.model(name)


# The best model


def test_best_is_by_validation_accuracy_within_a_dataset():
    saved_model("weak", validation=0.7)
    saved_model("strong", validation=0.9)
    saved_model("middle", validation=0.8)
    saved_model("other", validation=0.99, dataset="shoes")
    assert shelf.best("own").name == "strong"
    assert shelf.best("shoes").name == "other"
    assert shelf.best("hats") is None


def test_the_test_split_chooses_nothing():
    saved_model("honest", scores={"validation": {"accuracy": 0.8}, "test": {"accuracy": 0.1}})
    saved_model("lucky", scores={"validation": {"accuracy": 0.7}, "test": {"accuracy": 1.0}})
    assert shelf.best("own").name == "honest"


def test_of_equals_the_older_one_is_the_best():
    saved_model("a", created=at(2))
    saved_model("b", created=at(1))
    saved_model("c", created=at(3))
    assert shelf.best("own").name == "b"


# The active model


def test_the_choice_step_by_step(shipped):
    drawn = saved_model("drawing", dataset=catalogue.DRAWN, validation=1.0, created=at(9))
    assert shelf.active().name == "drawing"  # nothing else there
    saved_model(shelf.STARTER, shipped, dataset="clothing", validation=0.95, created=at(1))
    assert shelf.active().name == "starter"  # photos come before drawings
    saved_model("old", dataset="shoes", labels=["boot", "clog"], validation=0.99, created=at(2))
    saved_model("new", dataset="own", validation=0.98, created=at(4))
    assert shelf.active().name == "starter"  # other classes, or other photos of the same classes: no model takes over
    saved_model("worse", dataset="clothing", validation=0.9, created=at(5))
    assert shelf.active().name == "starter"
    saved_model("better", dataset="clothing", validation=0.96, created=at(3))
    assert shelf.active().name == "better"  # the same classes, scored on the same photos
    shelf.pin("old")
    assert (shelf.pinned(), shelf.active().name) == ("old", "old")
    shelf.pin(drawn.name)
    assert shelf.active().name == "drawing"  # a pin counts for drawings too
    shelf.pin(None)
    assert (shelf.pinned(), shelf.active().name) == (None, "better")


def test_without_a_starter_the_dataset_last_trained_on_counts():
    saved_model("old", dataset="shoes", validation=0.99, created=at(2))
    saved_model("new", dataset="own", validation=0.6, created=at(4))
    saved_model("better", dataset="own", validation=0.8, created=at(3))
    assert shelf.active().name == "better"


def test_best_of_a_dataset_that_has_changed_is_among_the_latest_photos():
    saved_model("before", validation=0.99, fingerprint="a", created=at(1))
    saved_model("good", validation=0.8, fingerprint="b", created=at(2))
    saved_model("newest", validation=0.7, fingerprint="b", created=at(3))
    assert shelf.best("own").name == "good"


def test_a_pin_on_a_deleted_model_is_no_pin():
    saved_model("kept")
    saved_model("gone", validation=0.1, created=at(1))
    shelf.pin("gone")
    shelf.delete("gone")
    assert shelf.active().name == "kept"


def test_a_damaged_pin_is_no_pin():
    saved_model("only")
    (workspace.models() / "pinned.json").write_text('["only')
    assert (shelf.pinned(), shelf.active().name) == (None, "only")


def test_only_existing_models_can_be_pinned():
    with pytest.raises(ModelError, match="'nobody'"):
        shelf.pin("nobody")
    assert shelf.pinned() is None


# Deleting


def test_delete_takes_the_whole_folder_and_no_other():
    saved_model("kept")
    gone = saved_model("gone")
    shelf.delete("gone")
    assert not gone.exists()
    assert names() == ["kept"]
    with pytest.raises(ModelError):
        shelf.delete("gone")


def test_shipped_models_and_models_elsewhere_are_never_deleted(shipped, tmp_path):
    starter, elsewhere = saved_model(shelf.STARTER, shipped), saved_model("moved", tmp_path)
    for name in (shelf.STARTER, str(elsewhere)):
        with pytest.raises(ModelError, match="can't be deleted"):
            shelf.delete(name)
    assert starter.is_dir()
    assert elsewhere.is_dir()


# Answers


def test_an_answer_is_the_softmax_of_the_head_s_logits():
    saved_model("colours", temperature=2.0)
    answer = classifier.load(shelf.model("colours")).answer(encoded(flat(255, 0, 51), "PNG"))
    shares = np.exp([10 / 2, 0, 2 / 2])
    shares /= shares.sum()
    assert dict(answer.probabilities) == pytest.approx(dict(zip(LABELS, shares, strict=True)), abs=1e-6)
    assert [label for label, _ in answer.probabilities] == ["red", "blue", "green"]
    assert (answer.label, answer.probability) == answer.probabilities[0]
    assert (answer.unsure, answer.reason) == (False, "")


def test_close_answers_and_strange_photos_are_doubted():
    saved_model("colours", thresholds={"probability": 0.9, "similarity": 0.5})
    colours = classifier.load(shelf.model("colours"))
    sure, strange = colours.answers(np.stack([flat(255, 250, 240, SIZE), flat(255, 0, 0, SIZE)]))
    assert sure.unsure
    assert "close together" in sure.reason
    assert strange.unsure
    assert "none of these" in strange.reason  # mean cosine to the three known: one third


def test_doubt_at_another_rate_of_false_alarms():
    usual = {"probability": 0.6, "similarity": 0.3}
    bold, cautious = {"probability": 0.4, "similarity": 0.3}, {"probability": 0.8, "similarity": 0.5}
    many = {"0.01": bold, "0.05": usual, "0.2": cautious}
    saved_model("colours", thresholds=usual, thresholds_at=many)
    colours = classifier.load(shelf.model("colours"))
    assert colours.rates == (0.01, 0.05, 0.2)
    close, strange = colours.answers(np.stack([flat(255, 242, 249, SIZE), flat(255, 0, 0, SIZE)]))
    assert close.probability == pytest.approx(0.42, abs=0.01)
    assert [colours.doubts(close, rate) for rate in colours.rates] == [Doubt.NONE, Doubt.CLOSE, Doubt.CLOSE]
    assert [colours.doubts(strange, rate) for rate in colours.rates] == [Doubt.NONE, Doubt.NONE, Doubt.UNLIKE]
    assert close.second == "blue"
    assert all(colours.doubts(answer, doubt.FALSE_ALARMS) is answer.doubt for answer in (close, strange))
    with pytest.raises(SettingsError, match="1%, 5%, 20%"):
        colours.doubts(close, 0.1)


def test_an_old_model_has_only_the_usual_rate():
    saved_model("colours")
    colours = classifier.load(shelf.model("colours"))
    assert colours.rates == (doubt.FALSE_ALARMS,)
    answer = colours.answers(flat(255, 250, 240, SIZE)[None])[0]
    assert colours.doubts(answer, doubt.FALSE_ALARMS) is answer.doubt is Doubt.CLOSE
    assert answer.reason


def test_batches_answer_like_single_photos():
    saved_model("colours")
    colours = classifier.load(shelf.model("colours"))
    photos = np.random.default_rng(0).integers(0, 256, (37, SIZE, SIZE, 3), np.uint8)
    together = colours.logits(photos)
    np.testing.assert_allclose(together, np.concatenate([colours.logits(photo[None]) for photo in photos]), atol=1e-5)
    np.testing.assert_allclose(together, photos.mean((1, 2)) / 25.5, atol=1e-4)
    assert colours.logits(photos[:0]).shape == (0, 3)
    assert colours.answers(photos[:0]) == []


def test_other_bytes_are_a_photo_error():
    saved_model("colours")
    with pytest.raises(PhotoError):
        classifier.load(shelf.model("colours")).answer(b"no photo")


def test_a_classifier_stays_loaded_until_its_model_is_replaced():
    folder = saved_model("colours")
    model = shelf.model("colours")
    assert classifier.load(model) is classifier.load(model)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "labels": ["x", "y", "z"]}))
    assert classifier.load(shelf.model("colours")).model.labels == ("x", "y", "z")


@pytest.mark.parametrize("file", ["backbone.tflite", "head.npz", "stats.npz"])
@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"text" * 200],
                         ids=["empty", "half", "text"])  # fmt: skip
def test_a_damaged_file_is_a_model_error(file, damage):
    folder = saved_model("colours")
    (folder / file).write_bytes(damage((folder / file).read_bytes()))
    with pytest.raises(ModelError, match="damaged"):
        classifier.load(shelf.model("colours"))


@pytest.mark.parametrize("field", ["image_size", "temperature", "thresholds"])
def test_a_card_without_a_required_field_is_a_model_error(field):
    folder = saved_model("colours")
    card = json.loads((folder / "card.json").read_text())
    del card[field]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="damaged"):
        classifier.load(shelf.model("colours"))


def test_a_model_deleted_meanwhile_is_a_model_error():
    saved_model("colours")
    model = shelf.model("colours")
    shelf.delete("colours")
    with pytest.raises(ModelError):
        classifier.load(model)
