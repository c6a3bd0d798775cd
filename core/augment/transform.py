"""What a transform is: one record with its words, its parameters, what it draws and what it does to pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Number = float
Setting = Number | tuple[Number, Number] | str
"""What a person chooses: a number, a range (low, high) or one of a parameter's choices."""
Values = Mapping[str, Floats]
"""What was drawn: an array per name, (photos,), or (photos, several) where a photo gets several of the kind."""


class Stage(IntEnum):
    """The order in which contributions are applied, whatever the order of the recipe.

    As in ImageDataGenerator geometry comes before colour; then what the camera or the file adds (blur, noise, JPEG);
    a patch hides the finished picture. Within a stage the recipe's order counts.
    """

    GEOMETRY = 1
    COLOUR = 2
    TEXTURE = 3
    PATCH = 4


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
class InKeras:
    """How Keras says it, for the exported code. Functions get the step's `probability` and settings by name.

    `generator(...)`: keyword arguments of ImageDataGenerator; `layer(...)`: the source of a keras.layers layer. None
    where there is nothing of the kind there, or not with these settings. `generator_differs` and `layer_differs` say
    in a sentence what its effect is instead of ours; `layer_chance`: that the layer draws with our probability.
    """

    generator: Callable[..., Mapping[str, Any] | None] | None = None
    generator_differs: str = ""
    layer: Callable[..., str | None] | None = None
    layer_differs: str = ""
    layer_chance: bool = False


@dataclass(frozen=True)
class Transform:
    """A way to change a photo. Adding one is adding such a record to `catalogue.py`; everything else picks it up.

    `draw(u, **settings)` turns uniform numbers u (photos, uniforms) in [0, 1) into drawn values; it is pure. What is
    done with them is the business of one of
    `matrix(height, width, **values)`: (photos, 3, 3), from output to input pixels (x, y, 1), about the centre;
    `table(**values)`: uint8 (photos, 256), the new level for each level;
    `own_table(pixels, **values)`: uint8 (256,), the same for one photo where it depends on the photo's own levels;
    `colour_matrix(**values)`: (photos, 3, 4), the new red, green and blue from the old ones and 1;
    `texture(pixels, **values)`: the new pixels of one photo, which it leaves as they are: plain and deterministic;
    `patch(height, width, **values)`: int (photos, patches, 6): left, top, right, bottom (exclusive), what fills it (a
    grey level, `MEAN` or `NOISE`) and a number for its noise.
    A transform with none of them (the border) only carries settings that the engine reads.
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
    table: Callable[..., Pixels] | None = None
    own_table: Callable[..., Pixels] | None = None
    colour_matrix: Callable[..., Floats] | None = None
    texture: Callable[..., Pixels] | None = None
    patch: Callable[..., NDArray[np.int64]] | None = None
    caption: Callable[..., str] = _no_words
    source: str = ""  # the paper or program that it comes from
    sweep: tuple[int, ...] = ()
    """How each uniform number moves in a strip from end to end: 1 up, -1 down, 0 not at all. Empty: all go up."""
    keras: InKeras = InKeras()

    @property
    def draws(self) -> bool:
        """Whether anything is left to chance (the border is only a setting)."""
        kinds = (self.matrix, self.table, self.own_table, self.colour_matrix, self.texture, self.patch)
        return any(kind is not None for kind in kinds)

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


MEAN, NOISE = -1, -2  # what fills a patch, where it is no grey level
