"""Notes about saved models."""

import pytest

from core import workspace
from core.answering import model_notes, shelf
from core.errors import ModelError
from tests.fabricated import saved_model


def test_a_note_is_written_and_replaced(home: object) -> None:
    saved_model("mine")
    model = shelf.model("mine")
    assert model_notes.of(model) == ""
    model_notes.write(model, " quick, but weak on shirts\n")
    assert model_notes.of(model) == "quick, but weak on shirts"
    model_notes.write(model, "x" * 3000)
    assert len(model_notes.of(model)) == model_notes.LONGEST
    assert shelf.model("mine").card == model.card


def test_damage_and_a_newer_version(home: object) -> None:
    folder = saved_model("mine")
    (folder / model_notes.FILE).write_text("{")
    assert model_notes.of(shelf.model("mine")) == ""
    model_notes.write(shelf.model("mine"), "again")
    (folder / model_notes.FILE).write_text('{"version": 2, "note": []}')
    with pytest.raises(ModelError, match="newer version"):
        model_notes.write(shelf.model("mine"), "lost?")


def test_a_shipped_model_has_none(home: object) -> None:
    workspace.SHIPPED_MODELS.mkdir(parents=True, exist_ok=True)
    saved_model("starter", shelf=workspace.SHIPPED_MODELS)
    assert not model_notes.can_have(shelf.model("starter"))
    with pytest.raises(ModelError, match="ships with the project"):
        model_notes.write(shelf.model("starter"), "mine")
