"""Checks that the files of a saved model belong together: none was exchanged, and the card describes this network."""

import hashlib
from collections.abc import Iterable

from core.answering.file_errors import REMEDY, damaged
from core.answering.head import Head
from core.answering.likeness import Likeness
from core.answering.litert import Backbone
from core.answering.shelf import Model
from core.errors import ModelError
from core.files import regular
from core.words import quoted


def check_files(model: Model, names: Iterable[str]) -> None:
    """Compare files of the model with their hashes (SHA-256) on its card.

    Cards of early versions name no files. Raises ModelError for a file that is missing, damaged or of another model.
    """
    for name in names:
        facts = model.card.files.get(name)
        if facts is None:
            continue
        try:
            with regular.opened(model.folder / name) as file:
                is_same = hashlib.file_digest(file, "sha256").hexdigest() == facts.hash
        except OSError as error:
            raise damaged(model.folder / name, error.strerror) from None
        if not is_same:
            raise damaged(
                model.folder / name, "it belongs to another model or was changed: its hash is not the one on the card"
            )


def check_fit(model: Model, backbone: Backbone, head: Head, likeness: Likeness) -> None:
    """Check that backbone, head, statistics and card describe one network. Raises ModelError."""
    expected = {
        "image_size of the card": (model.card.image_size, backbone.size),
        "number of labels on the card": (len(model.labels), head.kernels[-1].shape[1]),
        "inputs of the head": (head.kernels[0].shape[0], backbone.features),
        "length of the statistics": (likeness.features, backbone.features),
    }
    for what, (value, actual) in expected.items():
        if value != actual:
            raise ModelError(
                f"The saved model {quoted(model.title)} is damaged: the {what} must be {actual}, got {value}. {REMEDY}"
            )
