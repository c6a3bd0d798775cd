"""What a network has learned, carried over to a dataset that may have changed: it follows each class by its name."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from core.datasets import trained_on
from core.datasets.trained_on import TrainedOn
from core.errors import RunError
from core.files import atomic
from models.build import LOGITS

KEPT = "What was learned follows its class by name, and the best epoch so far was scored again."


def state(facts: dict[str, Any], folder: Path) -> TrainedOn | None:
    """What the weights with these facts, in a run's folder, were trained on; None if nobody knows.

    Files of earlier versions don't say it. If the run was finished, its labels.json names at least the classes.
    """
    try:
        if "trained_on" in facts:
            return TrainedOn.model_validate_json(json.dumps(facts["trained_on"]))
        labels = atomic.read_json(folder / "labels.json")
        return TrainedOn.model_validate({"classes": tuple(labels)}) if labels else None
    except (ValidationError, TypeError, OSError):
        return None


def check(before: TrainedOn, now: TrainedOn) -> str:
    """The sentence that says what has changed; empty if nothing has. Raises RunError if no class is left."""
    if not set(before.classes) & set(now.classes):
        raise RunError(
            f"The dataset has changed: none of the classes that were learned ({', '.join(before.classes)}) is left. "
            "Start a new run."
        )
    changes = trained_on.changes(before, now)
    return f"The dataset has changed since the earlier epochs were trained: {changes}. {KEPT}" if changes else ""


def values(
    variables: list[keras.Variable], learned: list[NDArray[Any]], before: TrainedOn, now: TrainedOn
) -> list[NDArray[Any]]:
    """The values that `variables`, of a network or its optimizer, have after learning what `learned` holds.

    Values of a class move to the class of the same name. Those of a new class stay as they are: the initial ones.
    Raises ValueError if the number of variables differs.
    """
    if before.classes == now.classes:
        return learned
    places = [(before.classes.index(name), i) for i, name in enumerate(now.classes) if name in before.classes]
    old, new = (list(some) for some in zip(*places, strict=True))
    carried = []
    for variable, value in zip(variables, learned, strict=True):
        if LOGITS in variable.path:
            moved = np.array(keras.ops.convert_to_numpy(variable))
            moved[..., new] = value[..., old]
            value = moved
        carried.append(value)
    return carried
