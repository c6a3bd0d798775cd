"""What a search varies: each setting with its range or its values, and what chosen values make of a run's settings."""

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.errors import SettingsError
from core.files.records import Part
from core.runs import bodies, studies
from core.runs.config import RunConfig, config
from core.runs.fine_tuning import FineTune
from core.runs.settings import FINE_TUNING, SETTINGS
from core.searching import strengths
from core.words import quoted

TUNING = "fine_tune."  # before the name of a setting of fine-tuning
RANGE, LOGARITHMIC = " to ", " log"
LONGEST = 4000  # characters of a space as text
MOST = 20  # dimensions
DIGITS = 4  # that count, of a chosen number
NOT_VARIED = ("dataset", "recipe", "fine_tune")  # the question itself, and what consists of settings of its own
EXAMPLE = "dropout = 0 to 0.8"


class Dimension(Part):
    """A setting with the values that it may take: from `low` to `high`, or one of `choices`."""

    name: str  # "dropout", "fine_tune.learning_rate", "strength.rotation"
    low: float = 0.0
    high: float = 0.0
    is_logarithmic: bool = False  # 0.001 to 0.01 is tried as often as 0.01 to 0.1
    is_whole: bool = False
    choices: tuple[JsonValue, ...] = ()

    @property
    def label(self) -> str:
        """Its name for people."""
        if transform := strengths.transform_of(self.name):
            return f"{transform.label} strength"
        known = FINE_TUNING if self.name.startswith(TUNING) else SETTINGS
        return known[self.name.removeprefix(TUNING)].label

    @property
    def text(self) -> str:
        """The line from which `parse` makes it."""
        if self.choices:
            return f"{self.name} = {', '.join(map(json.dumps, self.choices))}"
        return f"{self.name} = {self.low:g}{RANGE}{self.high:g}{LOGARITHMIC if self.is_logarithmic else ''}"

    @property
    def points(self) -> float:
        """The number of its values; infinity for a range of real numbers."""
        if self.choices:
            return len(self.choices)
        return self.high - self.low + 1 if self.is_whole or self.low == self.high else math.inf

    def has(self, value: Any) -> bool:
        """Whether the value is one of it."""
        if self.choices:
            return value in self.choices
        return value is not None and self.low <= float(value) <= self.high

    def text_of(self, value: Any) -> str:
        """A value of it for people."""
        if value is None:
            return "all" if self.name == f"{TUNING}blocks" else "off"
        if isinstance(value, list):
            return " + ".join(map(str, value)) or "none"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def including(self, value: Any) -> "Dimension":
        """The dimension, widened if it lacks a value."""
        if self.choices:
            return self if value in self.choices else self.model_copy(update={"choices": (value, *self.choices)})
        low, high = min(self.low, float(value)), max(self.high, float(value))
        return self.model_copy(update={"low": low, "high": high, "is_logarithmic": self.is_logarithmic and low > 0})


Space = tuple[Dimension, ...]
Values = Mapping[str, Any]
"""A value for each dimension, by its name."""


def parse(text: str, base: RunConfig) -> Space:
    """The space in lines or parts such as `dropout = 0 to 0.8; learning_rate = 0.0001 to 0.01 log; dense_layers = [],
    [100]`. `base` is what the values change. Raises SettingsError."""
    if len(text) > LONGEST:
        raise SettingsError(f"What a search varies must have at most {LONGEST:,} characters, got {len(text):,}.")
    dimensions: dict[str, Dimension] = {}
    for part in filter(str.strip, text.replace("\n", ";").split(";")):
        dimension = _dimension(part.strip())
        if dimension.name in dimensions:
            raise SettingsError(f"A search must name each setting once, got {dimension.name} twice.")
        dimensions[dimension.name] = dimension
    space = tuple(dimensions.values())
    check(space, base)
    return space


def check(space: Space, base: RunConfig) -> None:
    """Raise SettingsError if there is nothing to choose from, or if an end or a choice is impossible in `base`."""
    if len(space) > MOST:
        raise SettingsError(f"A search must vary at most {MOST} settings, got {len(space)}. Leave some out.")
    if not space:
        raise SettingsError(f"A search needs a setting to vary. Write for example: {EXAMPLE}.")
    if math.prod(dimension.points for dimension in space) < 2:
        raise SettingsError(
            f"A search must have at least two points to choose from, got one: {space[0].text}. Add a value, or start "
            "one run instead."
        )
    for dimension in space:
        for value in dimension.choices or (dimension.low, dimension.high):
            applied(base, {dimension.name: int(value) if dimension.is_whole else value})  # type: ignore[arg-type]


def applied(base: RunConfig, values: Values, **others: Any) -> RunConfig:
    """The base settings with these values and `others`. Raises SettingsError."""
    settings = base.model_dump(mode="json")
    tuning, strong = dict(settings["fine_tune"] or {}), dict[str, float]()
    for name, value in values.items():
        if name.startswith(TUNING):
            tuning[name.removeprefix(TUNING)] = value
        elif transform := strengths.transform_of(name):
            strong[transform.key] = value
        else:
            settings[name] = value
    if (size := bodies.image_size(settings["backbone"])) and "backbone" in values:
        settings["image_size"] = size  # the only one that a saved model can have
    if missing := strong.keys() - {step.transform.key for step in base.recipe}:
        raise SettingsError(
            f"{strengths.PREFIX}{min(missing)} needs a step {min(missing)} in the recipe. Add it on Augment, at its "
            "greatest strength."
        )
    if strong:
        settings["recipe"] = recipe.to_json(strengths.scaled(base.recipe, strong))
    return config(**{**settings, "fine_tune": tuning or None, **others})


def value_in(base: RunConfig, name: str) -> Any:
    """The value that a dimension has in a run's settings, as JSON holds it."""
    if strengths.transform_of(name):
        return 1.0
    if name.startswith(TUNING):
        tuning = base.fine_tune or FineTune()
        return tuning.model_dump(mode="json")[name.removeprefix(TUNING)]
    return base.model_dump(mode="json")[name]


def _dimension(line: str) -> Dimension:
    name, equals, values = (part.strip() for part in line.partition("="))
    if not equals or not values:
        raise SettingsError(f"A line must look like {EXAMPLE}, got {quoted(line)}.")
    _check_name(name)
    is_logarithmic = values.endswith(LOGARITHMIC)
    first, to, last = values.removesuffix(LOGARITHMIC).partition(RANGE)
    if not to:
        found = studies.values_in(values)
        choices = tuple(value for place, value in enumerate(found) if value not in found[:place])
        return Dimension(name=name, choices=choices)
    low, high = _number(first), _number(last)
    if low is None or high is None or low > high:
        raise SettingsError(f"The range of {name} must be two numbers, the smaller one first, got {quoted(values)}.")
    if is_logarithmic and low <= 0:
        raise SettingsError(f"The logarithmic range of {name} must start above 0, got {low:g}.")
    is_whole = _takes_whole_numbers(name)
    if is_whole and not (low.is_integer() and high.is_integer()):
        raise SettingsError(f"The range of {name} must have whole numbers, got {quoted(values)}.")
    return Dimension(name=name, low=low, high=high, is_logarithmic=is_logarithmic, is_whole=is_whole)


def _check_name(name: str) -> None:
    settings = [name for name in SETTINGS if name not in NOT_VARIED]
    tuning = [TUNING + name for name in FINE_TUNING]
    if name in (*settings, *tuning) or strengths.transform_of(name):
        return
    example = strengths.name_of(next(iter(TRANSFORMS.values())))
    raise SettingsError(
        f"A search can't vary {quoted(name)}. Use the name of a setting, such as dropout, {tuning[0]} or {example}."
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _takes_whole_numbers(name: str) -> bool:
    model = FineTune if name.startswith(TUNING) else RunConfig
    field = model.model_fields.get(name.removeprefix(TUNING))
    return field is not None and field.annotation in (int, int | None)
