"""What a transform is: one record with its words, its parameters, what it draws and what it does to pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Number = float
Setting = Number | tuple[Number, Number] | str
"""What a person chooses: a number, a range (low, high) or one of a parameter's choices."""
Values = Mapping[str, Floats]
"""What was drawn: an array (photos,) per name."""


class Stage(IntEnum):
    """The order in which contributions are applied, whatever the order of the recipe.

    As in ImageDataGenerator geometry comes before colour; a patch hides the finished picture. Within a stage the
    recipe's order counts.
    """

    GEOMETRY = 1
    COLOUR = 2
    PATCH = 3


@dataclass(frozen=True)
class Parameter:
    """One setting of a transform, with all that a slider needs."""

    name: str  # written into recipes and run configs: never rename
    label: str
    low: Number
    high: Number
    default: Setting
    neutral: Setting  # changes nothing
    step: Number = 1
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()  # for a setting that is a word

    @property
    def is_range(self) -> bool:
        return isinstance(self.default, tuple)


def _nothing_drawn(u: Floats) -> Values:
    return {}


def _no_words() -> str:
    return "yes"


@dataclass(frozen=True)
class Transform:
    """A way to change a photo. Adding one is adding such a record to `catalogue.py`; everything else picks it up.

    `draw(u, **settings)` turns uniform numbers u (photos, uniforms) in [0, 1) into drawn values; it is pure. What is
    done with them is the business of one of
    `matrix(height, width, **values)`: (photos, 3, 3), from output to input pixels (x, y, 1), about the centre;
    `table(**values)`: uint8 (photos, 256), the new level for each level;
    `patch(height, width, **values)`: int (photos, 5), left, top, right, bottom (exclusive) and grey level;
    a transform with none of them (the border) only carries settings that the engine reads.
    `caption(**values)` tells the values drawn for one photo in a few words.
    """

    key: str  # written into recipes and run configs: never rename
    label: str
    explanation: str
    harm: str  # when it does more harm than good
    stage: Stage
    parameters: tuple[Parameter, ...] = ()
    uniforms: int = 0
    probability: float = 1.0  # the default; a flip that always happens would be no augmentation
    draw: Callable[..., Values] = _nothing_drawn
    matrix: Callable[..., Floats] | None = None
    table: Callable[..., NDArray[np.uint8]] | None = None
    patch: Callable[..., NDArray[np.intp]] | None = None
    caption: Callable[..., str] = _no_words

    @property
    def draws(self) -> bool:
        """Whether anything is left to chance (the border is only a setting)."""
        return (self.matrix or self.table or self.patch) is not None

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def settings(self, which: str = "default") -> dict[str, Any]:
        """All settings at their `default` or `neutral` value."""
        return {parameter.name: getattr(parameter, which) for parameter in self.parameters}


def symmetric(u: Floats, most: Number) -> Floats:
    """`u` in [0, 1) spread evenly over [-most, most)."""
    return (2 * u - 1) * most


def between(u: Floats, low: Number, high: Number) -> Floats:
    """`u` in [0, 1) spread evenly over [low, high)."""
    return low + u * (high - low)
