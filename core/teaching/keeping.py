"""Models that a lesson's drafts become when people keep them: ordinary saved models, one version after another."""

import shutil
from datetime import UTC, datetime

from core import workspace
from core.answering import model_files, naming, shelf
from core.answering.shelf import Model
from core.datasets import catalogue
from core.errors import ModelError
from core.files import atomic, records
from core.files.versions import version as file_version
from core.teaching import draft, lesson


def save(name: str, title: str = "") -> Model:
    """Keep the present model of a lesson under a title, by default the lesson's, and return it.

    Raises ModelError if the lesson has no model yet, and OSError when the disk fails.
    """
    outcome = draft.read(name)
    present = draft.model(name, outcome) if outcome else None
    if present is None:
        raise ModelError("There is nothing to save yet: a model needs two kinds with three photos each.")
    if same := next((model for model in versions(name) if _is_same(model, present)), None):
        return same
    target = workspace.models() / naming.free_name(title.strip() or catalogue.title(name))
    with atomic.new_folder(target) as folder:
        model_files.link_network(present.folder, folder)
        for file in ("head.npz", "stats.npz"):
            shutil.copyfile(present.folder / file, folder / file)
        card = present.card.model_copy(
            update={"name": target.name, "created": datetime.now(UTC).isoformat(timespec="seconds")}
        )
        records.write(folder / "card.json", card)
    return shelf.read(target)


def versions(name: str) -> list[Model]:
    """The models that were kept of a lesson, newest first, without those that learned from corrections of them."""
    kept = [model for model in shelf.models() if model.dataset == name and model.card.taught]
    created = lesson.of(name).created
    own = [model for model in kept if not model.card.corrected and model.created >= created]
    return sorted(own, key=lambda model: file_version(model.folder, "card.json") or (0, 0, 0), reverse=True)


def _is_same(saved: Model, present: Model) -> bool:
    """Whether a saved model is the present one: the same heads of the same network."""
    files = ("head.npz", model_files.BACKBONE)
    return all(saved.card.files.get(file) == present.card.files.get(file) for file in files)
