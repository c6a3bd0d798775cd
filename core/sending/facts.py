"""What other tools get of a run: its settings as plain values, its scores, and the times of its epochs."""

from core.augment import recipe
from core.comparing import differences
from core.runs import folder, readings
from core.runs.config import RunConfig
from core.runs.folder import Run
from core.runs.records import Epoch
from core.runs.settings import FINE_TUNING, SETTINGS

Value = bool | int | float | str
TUNING = "fine_tune."  # before the names of fine-tuning's settings


def settings(run: Run) -> dict[str, Value]:
    """The settings that change something in this run, by name. What is switched off is missing."""
    config = run.config
    values = {name: _value(name, config) for name in SETTINGS}
    if config.fine_tune:
        values |= {TUNING + name: getattr(config.fine_tune, name) for name in FINE_TUNING}
    return {name: value for name, value in values.items() if value is not None}


def _value(name: str, config: RunConfig) -> Value | None:
    value = getattr(config, name)
    if name in differences.ONLY_AUGMENTED and not config.augments:
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if name == "recipe":
        return recipe.summary(value)
    return value if isinstance(value, str) else differences.text(name, config)


def recipe_settings(run: Run) -> dict[str, Value]:
    """The settings of the run's augmentation, such as {"recipe.rotation.rotation_range": 15}."""
    values = {}
    for step in recipe.to_json(run.config.recipe):
        transform = step.pop("transform")
        for name, value in step.items():
            values[f"recipe.{transform}.{name}"] = str(value) if isinstance(value, list) else value
    return values


def scores(run: Run) -> dict[str, float]:
    """The accuracies of the best epoch, such as {"test_accuracy": 0.9}; without a report, only that of its curves."""
    best = readings.summary(run.folder).best
    found = {"validation_accuracy": best.val_accuracy} if best else {}
    for split, score in folder.scores(run.folder).items():
        if score.accuracy is not None:
            found[f"{split}_accuracy"] = score.accuracy
    return found


def timed_epochs(run: Run) -> list[tuple[float, Epoch]]:
    """The finished epochs, each with the time of its end in s since 1970.

    The run counts from the moment it was queued, and an epoch takes the seconds that it took: breaks are left out.
    """
    time, epochs = run.created.timestamp(), []
    for epoch in readings.curves(run.folder).curves.epochs:
        time += epoch.seconds
        epochs.append((time, epoch))
    return epochs
