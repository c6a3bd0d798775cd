"""The files in a saved model's folder: the network that models share, and what a card says of all of them."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from core.answering.card import FileFacts
from core.files import atomic

WEIGHTS = "backbone.npz"  # Keras' own weights, where the model has some
IMPORTED = "backbone.keras"  # the network of a model from elsewhere, instead of weights
BACKBONE = "backbone.tflite"  # converted
NETWORK = (WEIGHTS, IMPORTED, BACKBONE)


def link_network(source: Path, folder: Path) -> None:
    """Give a folder the network of a saved model, which is stored once: a new model's, or that of a run built on it.

    The converted network comes last: a folder that has it has all. Raises OSError.
    """
    for name in NETWORK:
        if (source / name).is_file():
            atomic.link(source / name, folder / name)


def facts(folder: Path) -> dict[str, FileFacts]:
    """The size and the hash of each file in a folder, by name."""
    return {path.name: _facts(path) for path in sorted(folder.iterdir())}


def _facts(path: Path) -> FileFacts:
    with path.open("rb") as file:
        return FileFacts(bytes=path.stat().st_size, hash=hashlib.file_digest(file, "sha256").hexdigest())


def versions(*packages: str) -> dict[str, str]:
    """The versions of the libraries that made a model."""
    return {package: version(package) for package in packages}
