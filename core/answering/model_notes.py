"""A person's note about a saved model, beside the model in its folder."""

from typing import ClassVar

from core import workspace
from core.answering.shelf import Model
from core.errors import ModelError
from core.files import records
from core.files.records import Record

FILE = "note.json"
LONGEST = 2000  # characters


class ModelNote(Record):
    """note.json in the folder of a saved model."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Delete the file; the model has no note then."

    note: str = ""


def of(model: Model) -> str:
    """The note about a model; empty without one, or if the file is damaged."""
    try:
        found = records.read(model.folder / FILE, ModelNote)
    except ModelError:
        return ""
    return found.note if found else ""


def can_have(model: Model) -> bool:
    """Whether the model is your own: a shipped one stays as it is."""
    return model.folder.parent == workspace.models()


def write(model: Model, note: str) -> None:
    """Replace the note. Raises ModelError for a shipped model, and for a note of a newer version."""
    if not can_have(model):
        raise ModelError(f"The model {model.name!r} ships with the project and can't have a note.")
    records.read_to_change(model.folder / FILE, ModelNote)
    records.write(model.folder / FILE, ModelNote(note=note.strip()[:LONGEST]))
