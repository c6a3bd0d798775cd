"""What a trial leaves: the scores of its best epoch on the validation photos, and no model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.answering import evaluation
from core.answering.card import SplitScores
from core.augment import receipt
from core.datasets.pack import Pack
from core.datasets.trained_on import TrainedOn
from core.runs.config import RunConfig
from core.runs.predictions import Predictions
from core.runs.records import Report


@dataclass(frozen=True)
class TriedNetwork:
    """A trained network that only had to show how good its settings are."""

    config: RunConfig
    classes: tuple[str, ...]
    validation: Pack
    logits: NDArray[np.float32]  # of the best epoch on the validation photos: (photos, classes)
    best_epoch: int
    trained_on: TrainedOn

    @property
    def predictions(self) -> dict[str, Predictions]:
        """The logits of the only split that a trial is scored on."""
        pack = self.validation
        return {"validation": Predictions(pack.keys, pack.names, pack.labels, self.logits)}

    def report(self) -> Report:
        """The report of the run, with calibrated scores."""
        temperature = evaluation.temperature(self.logits, self.validation.labels)
        scores = evaluation.scores(self.logits, self.validation.labels, self.classes, temperature)
        return Report(
            labels=self.classes,
            best_epoch=self.best_epoch,
            scores=SplitScores(validation=scores),
            temperature=temperature,
            model="",
            trained_on=self.trained_on,
            receipt=receipt.of(self.config.recipe, self.config.augmentation_seed),
        )
