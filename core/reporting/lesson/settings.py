"""The settings of the runs as the notebook's code writes them: as a constant, or as a variable if the runs differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.augment import recipe
from core.augment.recipe import Recipe
from core.backbones import BACKBONES
from core.reporting.lesson.cells import indented
from core.runs import groups
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.folder import Run

PLAIN = (
    "backbone", "image_size", "dense_layers", "activation", "dropout", "optimizer", "learning_rate", "schedule",
    "warmup", "label_smoothing", "batch_size", "epochs", "early_stopping", "class_weights", "seed",
)  # fmt: skip
WIDTH = 110  # characters of a line of code
TUNING = ("epochs", "learning_rate", "schedule", "warmup", "weight_decay")


@dataclass(frozen=True)
class Settings:
    """Runs on one dataset, and their settings by the names of the notebook's variables."""

    runs: tuple[Run, ...]

    @property
    def configs(self) -> list[RunConfig]:
        return [run.config for run in self.runs]

    @property
    def is_study(self) -> bool:
        return len(self.runs) > 1

    @cached_property
    def names(self) -> list[str]:
        """The names of the runs, each different."""
        labels = groups.labels(self.runs)
        return [labels[run.id] for run in self.runs]

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """The different recipes that Keras can carry out at least in part, by the names of their variables."""
        distinct = {recipe.dumps(config.recipe): config.recipe for config in self.configs if has_layers(config.recipe)}
        several = len(distinct) > 1
        return {
            f"augmentation_{place}" if several else "augmentation": steps
            for place, steps in enumerate(distinct.values(), start=1)
        }

    @cached_property
    def values(self) -> list[dict[str, Any]]:
        """The settings of each run."""
        return [self._of(config) for config in self.configs]

    def _of(self, config: RunConfig) -> dict[str, Any]:
        own = next((name for name, steps in self.recipes.items() if steps == config.recipe), None)
        tuned = config if config.fine_tune else next((each for each in self.configs if each.fine_tune), config)
        return {
            **{name: getattr(config, name) for name in PLAIN},
            "augmentation": Variable(own) if own else None,
            **_tuning(tuned, is_tuned=config.fine_tune is not None),
        }

    def every(self, name: str) -> list[Any]:
        """The different values of a setting."""
        return list(dict.fromkeys(values[name] for values in self.values))

    def varies(self, name: str) -> bool:
        return len(self.every(name)) > 1

    @property
    def varying(self) -> list[str]:
        return [name for name in self.values[0] if self.varies(name)]

    def code(self, name: str) -> str:
        """A setting in the code: the variable of that name if the runs differ in it, else its value."""
        return name if self.varies(name) else repr(self.every(name)[0])

    def arguments(self, names: Iterable[str]) -> str:
        """Those of the settings in which the runs differ, as the arguments of a function and of its call."""
        return ", ".join(name for name in names if self.varies(name))

    def branches(self, name: str, lines: Callable[[Any], Sequence[str]]) -> list[str]:
        """The lines for the value of a setting, or those for each value with its condition if the runs differ."""
        if not self.varies(name):
            return list(lines(self.every(name)[0]))
        branched: list[str] = []
        for place, value in enumerate(self.every(name)):
            branched += [f"{'elif' if place else 'if'} {name} == {value!r}:", *indented(lines(value) or ["pass"])]
        return branched

    def differences(self) -> list[str]:
        """The lines of a dictionary: by the name of each run, the settings in which it differs."""
        lines = []
        for name, values in zip(self.names, self.values, strict=True):
            items = [f"{each!r}: {values[each]!r}" for each in self.varying]
            line = f"{name!r}: {{{', '.join(items)}}},"
            lines += (
                [line] if len(line) <= WIDTH else [f"{name!r}: {{", *indented([f"{item}," for item in items]), "},"]
            )
        return lines

    def signature(self, name: str, settings: Iterable[str]) -> list[str]:
        """The lines that begin a function of those settings in which the runs differ."""
        arguments = self.arguments(settings)
        line = f"def {name}({arguments}):"
        return [line] if len(line) <= WIDTH else [f"def {name}(", *indented([f"{arguments},"]), "):"]


def _tuning(config: RunConfig, is_tuned: bool) -> dict[str, Any]:
    """The settings of fine-tuning. A run without it has those of another one, which then don't count as different."""
    settings, blocks = config.fine_tune or FineTune(), BACKBONES[config.backbone].blocks if config.fine_tune else 0
    return {
        **{f"tuning_{name}": getattr(settings, name) for name in TUNING},
        "tuning_epochs": settings.epochs if is_tuned else 0,
        "frozen_blocks": blocks - settings.blocks if settings.blocks else -1,  # -1: the whole backbone learns
    }


@dataclass(frozen=True)
class Variable:
    """A value that the code writes as the name of a variable."""

    name: str

    def __repr__(self) -> str:
        return self.name


def has_layers(steps: Recipe) -> bool:
    """Whether Keras has a layer for any step of a recipe that changes photos alone. Without one there is nothing to
    call."""
    return any(
        step.transform.keras.layer is not None
        and step.probability > 0
        and step.transform.keras.layer(step.probability, **step.settings) is not None
        for step in steps
        if step.transform.draws and step.transform.mix is None
    )
