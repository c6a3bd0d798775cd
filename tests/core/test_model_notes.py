"""What people call a saved model, and their notes about it."""

import pytest

from core import workspace
from core.answering import model_notes, shelf
from core.errors import ModelError
from tests.fabricated import saved_model


def test_a_note_is_written_and_replaced(home: object) -> None:
    saved_model("mine")
    card = shelf.model("mine").card
    assert shelf.model("mine").notes.note == ""
    shelf.annotate("mine", note=" quick, but weak on shirts\n")
    assert shelf.model("mine").notes.note == "quick, but weak on shirts"
    shelf.annotate("mine", note="x" * 3000)
    assert len(shelf.model("mine").notes.note) == model_notes.LONGEST
    assert shelf.model("mine").card == card


def test_a_title_is_what_people_call_it_and_the_name_stays(home: object) -> None:
    saved_model("mine")
    shelf.annotate("mine", title="  Sommer 2026: Röcke ")
    model = shelf.model("mine")
    assert (model.name, model.title) == ("mine", "Sommer 2026: Röcke")
    assert shelf.model("sommer 2026: röcke").name == "mine"
    assert shelf.title("mine") == "Sommer 2026: Röcke"
    shelf.annotate("mine", title="")
    assert shelf.model("mine").title == "mine"


def test_a_title_leaves_the_note_alone(home: object) -> None:
    saved_model("mine")
    shelf.annotate("mine", note="weak on shirts")
    shelf.annotate("mine", title="Winter")
    assert shelf.model("mine").notes == model_notes.ModelNotes(title="Winter", note="weak on shirts")


def test_a_title_that_is_too_long_changes_nothing(home: object) -> None:
    saved_model("mine")
    with pytest.raises(ModelError, match="at most 80 characters, got 81"):
        shelf.annotate("mine", title="x" * 81)
    assert shelf.model("mine").title == "mine"


def test_two_models_of_one_title_are_told_apart_by_name(home: object) -> None:
    for name in ("first", "second", "third"):
        saved_model(name)
    shelf.annotate("first", title="Winter")
    shelf.annotate("second", title="Winter")
    assert shelf.titles(shelf.models()) == {"first": "Winter (first)", "second": "Winter (second)", "third": "third"}
    with pytest.raises(ModelError, match="2 saved models called 'Winter'"):
        shelf.model("Winter")


def test_a_name_counts_more_than_the_title_of_another_model(home: object) -> None:
    saved_model("first")
    saved_model("second")
    shelf.annotate("second", title="first")
    assert shelf.model("first").name == "first"


def test_the_title_of_a_deleted_model_is_its_name(home: object) -> None:
    saved_model("mine")
    shelf.annotate("mine", title="Winter")
    shelf.delete("mine")
    assert shelf.title("mine") == "mine"


def test_damage_and_a_newer_version(home: object) -> None:
    folder = saved_model("mine")
    (folder / model_notes.FILE).write_text("{")
    assert shelf.model("mine").notes == model_notes.ModelNotes()
    shelf.annotate("mine", note="again")
    (folder / model_notes.FILE).write_text('{"version": 2, "note": []}')
    with pytest.raises(ModelError, match="newer version"):
        shelf.annotate("mine", note="lost?")


def test_a_shipped_model_stays_as_it_is(home: object) -> None:
    workspace.SHIPPED_MODELS.mkdir(parents=True, exist_ok=True)
    saved_model("starter", shelf=workspace.SHIPPED_MODELS)
    assert not shelf.model("starter").is_own
    with pytest.raises(ModelError, match="ships with the project"):
        shelf.annotate("starter", note="mine")
