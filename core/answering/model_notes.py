"""What a person may change about a saved model: its title and a note, in a file in its folder."""

from pathlib import Path
from typing import Any, ClassVar

from core import words
from core.errors import ModelError
from core.files import records
from core.files.records import Record

FILE = "note.json"
LONGEST = 2000  # characters of a note
LONGEST_TITLE = 80  # characters


class ModelNotes(Record):
    """note.json in the folder of a saved model."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Delete the file; the model then has its own name again, and no note."

    title: str = ""  # empty: the model's name
    note: str = ""


def read(folder: Path) -> ModelNotes:
    """The notes of the model in a folder; empty without any, or if the file is damaged."""
    try:
        return records.read(folder / FILE, ModelNotes) or ModelNotes()
    except ModelError:
        return ModelNotes()


def change(folder: Path, **changes: str) -> None:
    """Change the title or the note. Spaces around them are removed.

    Raises ModelError for a title that is too long, and for notes of a newer version.
    """
    values: dict[str, Any] = {name: value.strip() for name, value in changes.items()}
    if "title" in values:
        values["title"] = words.printable(values["title"])
        if len(values["title"]) > LONGEST_TITLE:
            raise ModelError(
                f"The name of a model must have at most {LONGEST_TITLE} characters, got {len(values['title'])}. "
                "Choose a shorter one."
            )
    if "note" in values:
        values["note"] = values["note"][:LONGEST]
    before = records.read_to_change(folder / FILE, ModelNotes) or ModelNotes()
    records.write(folder / FILE, before.model_copy(update=values))
