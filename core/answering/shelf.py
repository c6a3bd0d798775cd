"""The shelf: all saved models, shipped ones and people's own, which is the best and which is asked."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core import workspace
from core.answering.card import Card
from core.datasets import catalogue
from core.errors import ModelError
from core.files import records
from core.files.records import Record

STARTER = "starter"
FILES = ("backbone.tflite", "head.npz", "stats.npz", "card.json")


@dataclass(frozen=True)
class Model:
    """A saved model's folder and its card."""

    name: str
    folder: Path
    card: Card

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
        """Whether it was trained on the drawn garments and has never seen a photo."""
        return self.dataset == catalogue.DRAWN


class Pinned(Record):
    """pinned.json: the model that a person chose to be asked."""

    ERROR: ClassVar = ModelError
    REMEDY: ClassVar = "Pin a model again on the Predict page."

    name: str | None = None


def models() -> list[Model]:
    """All saved models that are whole, the newest first."""
    whole = []
    for shelf in (workspace.models(), workspace.SHIPPED_MODELS):
        for path in sorted(shelf.glob("*/card.json")):
            if path.parent.name[0] == ".":
                continue
            try:
                whole.append(read(path.parent))
            except ModelError:
                continue  # half a model helps nobody; asking for it by name says what is wrong
    return sorted(whole, key=lambda model: model.created, reverse=True)


def read(folder: Path) -> Model:
    """The saved model in a folder. Raises ModelError when a part of it is missing or damaged."""
    missing = [file for file in FILES if not (folder / file).is_file()]
    card = None if missing else records.read(folder / "card.json", Card)
    if card is None:
        raise ModelError(f"Incomplete saved model: {missing[0] if missing else 'card.json'} is missing in {folder}.")
    return Model(folder.name, folder, card)


def model(name: str) -> Model:
    """The saved model of that name, or in a folder of that path. Raises ModelError."""
    for known in models():
        if known.name == name:
            return known
    half = workspace.models() / name
    if name and name[0] != "." and half.parent == workspace.models() and half.is_dir():
        return read(half)  # says what is wrong with it
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # what can't be a path is no folder either
        if Path(name).expanduser().is_dir():
            return read(Path(name).expanduser().resolve())
    there = ", ".join(known.name for known in models()) or "none yet; train one first"
    raise ModelError(f"There is no saved model {name!r}; there are: {there}.")


def best(dataset: str) -> Model | None:
    """The model with the highest validation accuracy among those of a dataset; of equals the older one."""
    ours = [known for known in reversed(models()) if known.dataset == dataset]
    return max(ours, key=lambda known: known.validation_accuracy, default=None)


def pinned() -> str | None:
    """The name of the model that a person chose to be asked; a damaged file says of none."""
    try:
        record = records.read(workspace.models() / "pinned.json", Pinned)
    except ModelError:
        return None
    return record.name if record else None


def pin(name: str | None) -> None:
    """Ask this model from now on; None leaves the choice to `chosen`. Raises ModelError for an unknown one."""
    if name is not None:
        model(name)
    workspace.models().mkdir(parents=True, exist_ok=True)
    records.write(workspace.models() / "pinned.json", Pinned(name=name))


def chosen() -> Model | None:
    """The model that is asked: the pinned one, else the best of the photo dataset last trained on, else the starter;
    a model of the drawn garments only when nothing else exists."""
    known = models()
    by_name = {model.name: model for model in known}
    choice = pinned()
    if choice in by_name:
        return by_name[choice]
    trained = [model for model in known if model.name != STARTER and not model.is_drawn]
    if trained:
        return best(trained[0].dataset)
    if STARTER in by_name:
        return by_name[STARTER]
    return best(catalogue.DRAWN)


def delete(name: str) -> None:
    """Delete one of people's own models. Raises ModelError for shipped and unknown ones."""
    folder = model(name).folder
    if folder.parent != workspace.models():
        raise ModelError(f"The model {name!r} ships with the project and can't be deleted.")
    shutil.rmtree(folder)
