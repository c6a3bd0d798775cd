"""The error for a file of a saved model that can't be used."""

from pathlib import Path

from core.errors import ModelError

REMEDY = "Delete the model, or train it again."


def damaged(path: Path, reason: object) -> ModelError:
    """The error to raise; `reason` says in a few words what is wrong with the file."""
    return ModelError(f"The saved model's file {path} is missing or damaged ({reason}). {REMEDY}")
