"""The shelf: all saved models, shipped and your own; which one is the best and which one is active."""

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from core import words, workspace
from core.answering import model_files, model_notes
from core.answering.card import Card
from core.answering.model_notes import ModelNotes
from core.datasets import catalogue
from core.errors import ModelError
from core.files import damage, records, regular
from core.files.damage import Damaged
from core.files.records import Record
from core.files.versions import Remembered

STARTER = "starter"
PINNED = "pinned.json"
LONGEST_NAME = 255  # bytes: it is the name of a folder
FILES = (model_files.BACKBONE, "head.npz", "stats.npz", "card.json")
STAMPS = (".", "card.json")  # a folder's own stamp changes with every file that comes, goes or is replaced


@dataclass(frozen=True)
class Model:
    """A saved model: its folder, its card, and what a person noted about it."""

    name: str  # of the folder; never changes
    folder: Path
    card: Card
    notes: ModelNotes = field(default_factory=ModelNotes)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.notes.title or self.name

    @property
    def is_own(self) -> bool:
        """Whether it may be renamed, noted and deleted: a shipped model stays as it is."""
        return self.folder.parent == workspace.models()

    @property
    def labels(self) -> tuple[str, ...]:
        return self.card.labels

    @property
    def dataset(self) -> str:
        return self.card.dataset

    @property
    def created(self) -> str:
        return self.card.created  # ISO 8601, UTC

    @property
    def validation_accuracy(self) -> float:
        return self.card.scores.validation_accuracy

    @property
    def is_drawn(self) -> bool:
        """Whether the model was trained on the drawn garments and has never seen a photo."""
        return self.dataset == catalogue.DRAWN


class Pinned(Record):
    """pinned.json: the model that the user chose for predictions."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Pin a model again on the Predict page."

    name: str | None = None
    declined: tuple[str, ...] = ()  # newer models that the user doesn't want for predictions


def models() -> list[Model]:
    """All complete saved models, newest first."""
    return sorted(_sorted_out()[0], key=lambda model: model.created, reverse=True)


def damaged() -> list[Damaged]:
    """The saved models that can't be used because their card is damaged or a file is missing."""
    return _sorted_out()[1]


def _sorted_out() -> tuple[list[Model], list[Damaged]]:
    folders = [*_folders(workspace.models()), *_folders(workspace.SHIPPED_MODELS)]
    return damage.sorted_out("model", folders, _models.get)


def _folders(shelf: Path) -> list[Path]:
    try:
        with os.scandir(shelf) as entries:
            return sorted(shelf / entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    except OSError:
        return []


def read(folder: Path) -> Model:
    """The saved model in a folder. Raises ModelError if a part of it is missing or damaged."""
    missing = [file for file in FILES if not (folder / file).is_file()]
    card = None if missing else records.read(folder / "card.json", Card)
    if card is None:
        raise ModelError(
            f"Incomplete saved model: {missing[0] if missing else 'card.json'} is missing in {folder}. Delete the "
            "folder or train the model again."
        )
    return Model(folder.name, folder, card, model_notes.read(folder))


_models = Remembered(STAMPS, read)


def model(name: str) -> Model:
    """The saved model with that name or title, or in that folder. Raises ModelError."""
    saved_models = models()
    for saved in saved_models:
        if saved.name == name:
            return saved
    called = [saved for saved in saved_models if saved.title.casefold() == name.strip().casefold()]
    if len(called) > 1:
        names = words.listed(saved.name for saved in called)
        raise ModelError(f"There are {len(called)} saved models called {words.quoted(name)}. Use one of: {names}.")
    if called:
        return called[0]
    incomplete = workspace.models() / name
    if name and name[0] != "." and incomplete.parent == workspace.models() and regular.is_folder(incomplete):
        return read(incomplete)  # its error says what is wrong
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # the name can't be a path
        if Path(name).expanduser().is_dir():
            return read(Path(name).expanduser().resolve())
    names = words.listed(saved.name for saved in saved_models)
    choices = f"Choose one of: {names}." if names else "Train a model first."
    raise ModelError(f"There is no saved model {words.quoted(name)}. {choices}")


def find(name: str) -> Model | None:
    """The saved model with that name, without a look at the other models; None if there is none.

    Raises ModelError if a part of it is missing or damaged.
    """
    if not is_name(name):
        return None
    folders = (shelf / name for shelf in (workspace.models(), workspace.SHIPPED_MODELS))
    folder = next((folder for folder in folders if folder.is_dir()), None)
    return _models.get(folder) if folder else None


def title(name: str) -> str:
    """What people call the saved model with that name; the name itself if the model is gone."""
    try:
        found = find(name)
    except ModelError:
        return name
    return found.title if found else name


def titles(models: Iterable[Model]) -> dict[str, str]:
    """By name: what people call these models, with the name where a title repeats."""
    every = list(models)
    counts = Counter(model.title for model in every)
    return {model.name: model.title if counts[model.title] == 1 else f"{model.title} ({model.name})" for model in every}


def is_name(name: str) -> bool:
    """Whether a saved model could have that name: it is the name of a folder."""
    return (
        words.printable(name) == name
        and 0 < len(name.encode()) <= LONGEST_NAME
        and name[0] != "."
        and not set(name) & set("/\\")
    )


def best(dataset: str, among: Sequence[Model] | None = None) -> Model | None:
    """The dataset's model with the highest validation accuracy; the oldest of equal ones.

    If the dataset has changed, only models that were scored on the same validation photos as the newest one count.
    `among` are all models, newest first, if you have them.
    """
    candidates = [model for model in reversed(models() if among is None else among) if model.dataset == dataset]
    comparable = [model for model in candidates if model.card.was_scored_like(candidates[-1].card)]
    return max(comparable, key=lambda model: model.validation_accuracy, default=None)


def pinned() -> str | None:
    """The name of the pinned model; None if there is none or the file is damaged."""
    return _pinned().name


def declined() -> tuple[str, ...]:
    """The names of the models that the user doesn't want for predictions."""
    return _pinned().declined


def pin(name: str | None) -> None:
    """Use this model from now on; None leaves the choice to `active`.

    Raises ModelError if there is no such model, or if the file of choices is of a newer version.
    """
    if name is not None:
        model(name)
    _change(lambda choices: {"name": name})


def decline(name: str) -> None:
    """Don't offer this model for predictions any more. Raises ModelError if the file is of a newer version."""
    _change(lambda choices: {"declined": tuple(sorted({*choices.declined, name}))})


def _pinned() -> Pinned:
    try:
        return records.read(workspace.models() / PINNED, Pinned) or Pinned()
    except ModelError:
        return Pinned()


def _change(changes: Callable[[Pinned], dict[str, Any]]) -> None:
    """Change the stored choices, or replace a damaged file."""
    path = workspace.models() / PINNED
    choices = records.read_to_change(path, Pinned) or Pinned()
    path.parent.mkdir(parents=True, exist_ok=True)
    records.write(path, choices.model_copy(update=changes(choices)))


def active() -> Model | None:
    """The model that predicts: the pinned model, else the starter, or a better one of the same classes that was scored
    on the same photos. No other model takes over by itself (see `newcomer`).

    Without a starter: the best model of the photo dataset last trained on, else one of the drawn garments.
    """
    saved_models = models()
    by_name = {model.name: model for model in saved_models}
    choice = pinned()
    if choice in by_name:
        return by_name[choice]
    own = [model for model in saved_models if not model.is_drawn]
    if starter := by_name.get(STARTER):
        rivals = [model for model in reversed(own) if model.card.competes_with(starter.card)]
        return max([starter, *rivals], key=lambda model: model.validation_accuracy)
    return best(own[0].dataset if own else catalogue.DRAWN)


def annotate(name: str, **changes: str) -> None:
    """Change the `title` or the `note` of one of your own models. An empty title brings its name back.

    Raises ModelError for a shipped or unknown model, and if `model_notes.change` does.
    """
    model_notes.change(_own(name, "can't be renamed or noted").folder, **changes)


def delete(name: str) -> None:
    """Delete one of your own models. Raises ModelError for a shipped or unknown model."""
    shutil.rmtree(_own(name, "can't be deleted").folder)


def _own(name: str, refusal: str) -> Model:
    """The model with that name. Raises ModelError if there is none, or if it ships with the project."""
    found = model(name)
    if not found.is_own:
        raise ModelError(f"The model {words.quoted(name)} ships with the project and {refusal}.")
    return found
