"""predictions.npz: the logits of a run's best epoch for each photo of the splits that it was scored on.

With them, Compare goes from any number to the photos behind it. Runs of earlier versions have no such file;
`core.comparing.judging` makes it from their saved model. Evaluations of saved models have one too, with similarities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import RunError
from core.files import atomic, npz
from core.files.versions import Remembered

NAME = "predictions.npz"
VERSION = 1
MOST_REMEMBERED = 64  # runs whose predictions stay in memory, 100 kB each on clothing-dataset-small
SEPARATOR = "\0"  # between texts; no file name has it


@dataclass(frozen=True)
class Predictions:
    """The logits for the photos of a split, in the dataset's order."""

    keys: tuple[str, ...]  # photo keys, 32 hex digits
    names: tuple[str, ...]  # paths within the dataset's folder, as they were
    labels: NDArray[np.intp]  # (photos,): places of the true classes in the labels of the run or model
    logits: NDArray[np.float32]  # (photos, classes)
    similarities: NDArray[np.float32] | None = None  # (photos,): to the training photos; None for runs

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def answers(self) -> NDArray[np.intp]:
        """(photos,): the places of the answered classes in the labels of the run or model."""
        answers: NDArray[np.intp] = self.logits.argmax(axis=1)
        return answers

    @property
    def is_right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = self.answers == self.labels
        return right


def write(folder: Path, by_split: Mapping[str, Predictions]) -> None:
    """Write the file into the folder of a run or an evaluation. Raises OSError."""
    content: dict[str, NDArray[Any]] = {"version": np.array(VERSION), "splits": _packed(list(by_split))}
    for split, predictions in by_split.items():
        content[f"{split}-keys"] = _packed(predictions.keys)
        content[f"{split}-names"] = _packed(predictions.names)
        content[f"{split}-labels"] = predictions.labels.astype(np.int32)
        content[f"{split}-logits"] = predictions.logits.astype(np.float32)
        if predictions.similarities is not None:
            content[f"{split}-similarities"] = predictions.similarities.astype(np.float32)
    atomic.write(folder / NAME, lambda file: np.savez(file, **content))  # type: ignore[arg-type]


def exist(folder: Path) -> bool:
    """Whether the folder has the file."""
    return (folder / NAME).is_file()


def read(folder: Path) -> Mapping[str, Predictions]:
    """The predictions by split, read once for each version of the file; empty if there is none.

    Raises RunError if the file is damaged or of a newer version.
    """
    return _remembered.get(folder) if exist(folder) else {}


def _read(folder: Path) -> Mapping[str, Predictions]:
    try:
        content = npz.load(folder / NAME)
        if int(content["version"]) > VERSION:
            raise RunError(f"{folder / NAME} is of a newer version of Fitting Room. Update the program.")
        return {split: _of_split(content, split) for split in _unpacked(content["splits"])}
    except (npz.ArraysError, *npz.DAMAGE) as error:
        raise RunError(f"{folder / NAME} is damaged ({error}). Delete it; it is made again from the model.") from None


_remembered = Remembered((NAME,), _read, most=MOST_REMEMBERED)


def _of_split(content: Mapping[str, NDArray[Any]], split: str) -> Predictions:
    keys, names = (tuple(_unpacked(content[f"{split}-{part}"])) for part in ("keys", "names"))
    labels, logits = content[f"{split}-labels"].astype(np.intp), content[f"{split}-logits"].astype(np.float32)
    if logits.ndim != 2 or not len(keys) == len(names) == len(labels) == len(logits):
        raise ValueError(f"its {split} arrays don't fit together")
    if not np.isfinite(logits).all() or (len(labels) and not (0 <= labels.min() <= labels.max() < logits.shape[1])):
        raise ValueError(f"its {split} arrays have impossible values")
    similarities = content.get(f"{split}-similarities")
    if similarities is not None and (similarities.shape != labels.shape or not np.isfinite(similarities).all()):
        raise ValueError(f"its {split} similarities don't fit the photos")
    return Predictions(keys, names, labels, logits, None if similarities is None else similarities.astype(np.float32))


def _packed(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Texts as bytes: NumPy's own arrays of texts take four bytes for each character of the longest."""
    return np.frombuffer(SEPARATOR.join(texts).encode(errors="surrogateescape"), np.uint8)


def _unpacked(content: NDArray[Any]) -> list[str]:
    text = content.astype(np.uint8).tobytes().decode(errors="surrogateescape")
    return text.split(SEPARATOR) if text else []
