"""The settings of runs as people read them, and those in which runs differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core import words
from core.augment.recipe import Recipe, Step
from core.files.versions import Latest
from core.runs import bodies, changes
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.folder import Run
from core.runs.settings import SETTINGS

ONLY_AUGMENTED = ("augmentation_seed", "views")  # without augmentation they change nothing
SEEDS = ("seed", "augmentation_seed")
NUMBERS = (
    "image_size", "dropout", "augmentation_seed", "views", "learning_rate", "warmup", "label_smoothing", "batch_size",
    "epochs", "seed",
)  # fmt: skip
"""The settings with one number, which can be the axis of a chart."""


MOST_REMEMBERED = 5000  # runs whose texts stay in memory


@dataclass(frozen=True)
class Settings:
    """A run's settings by name: in words, and as Python text to tell them apart. What changes nothing is empty."""

    texts: Mapping[str, str]
    values: Mapping[str, str]


NESTED = {"recipe", "fine_tune"}  # settings that are no plain values

_known: Latest[Settings] = Latest(MOST_REMEMBERED)


def settings(run: Run) -> Settings:
    """The settings of a run. A table of a thousand runs asks for them at each click."""
    return _known.get(run.id, run.config, lambda: _settings(run.config))


def _settings(config: RunConfig) -> Settings:
    stored = {name: getattr(config, name) for name in SETTINGS} | config.model_dump(include=NESTED, mode="json")
    idle = _idle(config)
    return Settings(
        {name: "" if name in idle else _text(name, config) for name in SETTINGS},
        {name: "" if name in idle else repr(stored[name]) for name in SETTINGS},
    )


def texts(run: Run) -> Mapping[str, str]:
    """All settings of a run in words, by name."""
    return settings(run).texts


def _idle(config: RunConfig) -> tuple[str, ...]:
    """The settings that change nothing."""
    return () if config.augments else ONLY_AUGMENTED


def text(name: str, settings: RunConfig) -> str:
    """The value of a setting in words, without its unit; empty if it changes nothing in these settings."""
    return "" if name in _idle(settings) else _text(name, settings)


def _text(name: str, settings: RunConfig) -> str:
    value = getattr(settings, name)
    if name == "backbone":
        return bodies.label(str(value))
    if name == "recipe":
        return _recipe(value)
    if name == "dense_layers":
        return " + ".join(map(str, value)) or "none"
    if name == "fine_tune":
        return tuning(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _recipe(steps: Recipe) -> str:
    """The transforms with those values that are not their defaults, such as "Rotation (rotation_range 5)"."""
    return ", ".join(f"{step.transform.label}{_changed(step)}" for step in steps) or "none"


def _changed(step: Step) -> str:
    usual = {parameter.name: parameter.default for parameter in step.transform.parameters}
    values = [f"{name} {value}" for name, value in step.settings.items() if value != usual.get(name)]
    if step.probability != step.transform.probability:
        values.append(f"probability {step.probability:g}")
    return f" ({', '.join(values)})" if values else ""


def tuning(settings: FineTune | None) -> str:
    """How much of the backbone is fine-tuned, and for how many epochs."""
    if not settings:
        return "no"
    what = f"last {words.count(settings.blocks, 'block')}" if settings.blocks else "whole backbone"
    return f"{what}, {words.count(settings.epochs, 'epoch')}, learning rate {settings.learning_rate:g}"


def title(name: str) -> str:
    """The setting's name for people, with its unit."""
    return SETTINGS[name].title


def differing(runs: Sequence[Run]) -> list[str]:
    """The names of the settings, apart from the dataset, that differ between the runs, in the order of their fields."""
    every = [settings(run).values for run in runs]
    return [name for name in SETTINGS if name != "dataset" and len({each[name] for each in every}) > 1]


def is_same_training(first: Run, second: Run) -> bool:
    """Whether both runs have the same settings, seeds and photos, whatever they are called."""
    return _identity(first) == _identity(second) and _has_same_photos(first, second)


def _identity(run: Run, without: Sequence[str] = ()) -> str:
    """What decides a training, apart from the photos."""
    values = settings(run).values
    return repr(([value for name, value in values.items() if name not in without], run.config.parent))


def _has_same_photos(first: Run, second: Run) -> bool:
    """Whether the runs learned from the same photos, as far as is known."""
    state, other = changes.state_of(first), changes.state_of(second)
    return state is None or other is None or state.fingerprint == other.fingerprint


def by_settings(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in groups that differ in nothing but their seeds, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_identity(run, SEEDS), []).append(run)
    return list(groups.values())


def by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    """Those groups that have several seeds."""
    return [group for group in by_settings(runs) if len({seeds_of(run) for run in group}) > 1]


def seeds_of(run: Run) -> tuple[str, ...]:
    """The seeds of a run that change something."""
    return tuple(texts(run)[name] for name in SEEDS)
