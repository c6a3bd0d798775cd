"""A saved model at work: a photo in, an answer with its doubt out. LiteRT and NumPy, no Keras."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import photos, words
from core.answering import doubt, grad_cam, head, integrity, likeness, litert, model_files, sets, shelf
from core.answering.doubt import Doubt
from core.answering.grad_cam import Heat
from core.answering.shelf import Model
from core.errors import ModelError, SettingsError


@dataclass(frozen=True)
class Answer:
    """A model's answer for one photo."""

    probabilities: tuple[tuple[str, float], ...]  # (label, probability), best first
    similarity: float  # to the training photos, at most 1
    doubt: Doubt  # at the usual rate of false alarms

    @property
    def label(self) -> str:
        return self.probabilities[0][0]

    @property
    def probability(self) -> float:
        return self.probabilities[0][1]

    @property
    def second(self) -> str:
        """The label of the second-best answer; empty if the model knows only one class."""
        return self.probabilities[1][0] if len(self.probabilities) > 1 else ""

    @property
    def unsure(self) -> bool:
        return self.doubt is not Doubt.NONE

    @property
    def reason(self) -> str:
        """Why to doubt the answer, in a sentence; empty if there is no doubt."""
        return self.doubt.sentence


class Classifier:
    """A saved model, loaded. May be shared between threads."""

    def __init__(self, model: Model) -> None:
        """Raises ModelError if a file of the model is missing or damaged, or belongs to another model."""
        self.model = model
        self.size = model.card.image_size  # px
        self.temperature = model.card.temperature
        self.limits = model.card.limits
        integrity.check_files(model, shelf.FILES)
        self._backbone = litert.Backbone(model.folder / model_files.BACKBONE)
        self.head = head.load(model.folder / "head.npz")
        measure = likeness.load(model.folder / "stats.npz")
        self.likeness = likeness.with_head(measure, self.head, model.card.entropy_weight)
        integrity.check_fit(model, self._backbone, self.head, self.likeness)

    @property
    def rates(self) -> tuple[float, ...]:
        """The rates of false alarms that the model has thresholds for; always includes doubt.FALSE_ALARMS."""
        return tuple(self.limits)

    def doubts(self, answer: Answer, rate: float) -> Doubt:
        """The doubt about an answer of this model at one of its `rates`. Raises SettingsError for any other rate."""
        if rate not in self.limits:
            choices = ", ".join(f"{choice:.0%}" for choice in self.rates)
            raise SettingsError(f"The rate of false alarms must be one of {choices}, got {rate:.0%}.")
        return doubt.of([share for _, share in answer.probabilities], answer.similarity, self.limits[rate])

    @property
    def certainties(self) -> tuple[float, ...]:
        """The certainties at which the model gives sets, lowest first; models of earlier versions have none."""
        return tuple(sorted(self.model.card.sets))

    def one_of(self, answer: Answer, certainty: float) -> tuple[str, ...]:
        """The labels of which one is right with that certainty, best first. Raises SettingsError for any other one."""
        self.check_certainty(certainty)
        return sets.of(answer.probabilities, self.model.card.sets[certainty])

    def check_certainty(self, certainty: float) -> None:
        """Raise SettingsError if the model gives no sets at that certainty."""
        if not self.certainties:
            raise SettingsError(
                f"The model {words.quoted(self.model.title)} was saved before there were sets. Train it again."
            )
        if certainty not in self.certainties:
            choices = ", ".join(f"{choice:g}" for choice in self.certainties)
            raise SettingsError(f"The certainty must be one of {choices}, got {certainty:g}.")

    def heat(self, data: bytes, label: str) -> Heat:
        """Where a photo speaks for a label; see `grad_cam.gradcam`. Raises PhotoError, SettingsError."""
        if label not in self.model.labels:
            raise SettingsError(f"The label must be one of {', '.join(self.model.labels)}, got {label!r}.")
        feature_maps, _ = self._backbone.run(photos.square(data, self.size)[None])
        return grad_cam.gradcam(feature_maps[0], self.head, self.model.labels.index(label))

    def vectors(self, pixels: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """Yield the pooled vectors of uint8 (photos, size, size, 3), batch by batch."""
        return self._backbone.vectors(pixels)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits, float32 (photos, classes), of uint8 (photos, size, size, 3)."""
        if not len(pixels):
            return np.zeros((0, len(self.model.labels)), np.float32)
        return np.concatenate([self.head.logits(vectors) for vectors in self.vectors(pixels)])

    def answers(self, pixels: NDArray[np.uint8]) -> list[Answer]:
        """An answer for each photo of uint8 (photos, size, size, 3)."""
        return [answer for vectors in self.vectors(pixels) for answer in self.answers_to(vectors)]

    def answer(self, data: bytes) -> Answer:
        """The answer for a photo file. Raises PhotoError."""
        return self.answer_with_vector(data)[0]

    def answer_with_vector(self, data: bytes) -> tuple[Answer, NDArray[np.float32]]:
        """The answer for a photo file, and its pooled vector (features,). Raises PhotoError."""
        (vectors,) = self.vectors(photos.square(data, self.size)[None])
        return self.answers_to(vectors)[0], vectors[0]

    def answers_to(self, vectors: NDArray[np.float32]) -> list[Answer]:
        """An answer for each photo by its pooled vector: (photos, features)."""
        probabilities = head.softmax(self.head.logits(vectors), self.temperature)
        similarities = self.likeness.similarity(vectors)
        return [
            self._answer(row, float(similarity)) for row, similarity in zip(probabilities, similarities, strict=True)
        ]

    def _answer(self, probabilities: NDArray[np.float32], similarity: float) -> Answer:
        order = np.argsort(-probabilities, kind="stable")
        shares = probabilities[order].tolist()
        return Answer(
            probabilities=tuple(zip((self.model.labels[i] for i in order), shares, strict=True)),
            similarity=similarity,
            doubt=doubt.of(shares, similarity, self.limits[doubt.FALSE_ALARMS]),
        )


@lru_cache(maxsize=2)
def _loaded(folder: Path, stamp: int) -> Classifier:
    return Classifier(shelf.read(folder))


def load(model: Model) -> Classifier:
    """The model's classifier. The last two stay in memory. Raises ModelError."""
    try:
        stamp = (model.folder / "card.json").stat().st_mtime_ns
    except FileNotFoundError:
        raise ModelError(f"The saved model {model.name!r} no longer exists. Choose another model.") from None
    return _loaded(model.folder, stamp)
