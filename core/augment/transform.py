"""A transform as one record: its texts, its parameters, what it draws and what it does to pixels."""

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
"""A user's choice: a number, a range (low, high) or one of a parameter's choices."""
Values = Mapping[str, Floats]
"""Drawn values: an array per name, (photos,), or (photos, count) if a photo gets several."""


class Stage(IntEnum):
    """The order in which transforms are applied, whatever their order in the recipe.

    Geometry comes before colour, as in ImageDataGenerator; then what the camera or the file adds (blur, noise, JPEG);
    patches hide parts of the finished picture, and mixing blends finished pictures. Within a stage the recipe's order
    counts.
    """

    GEOMETRY = 1
    COLOUR = 2
    TEXTURE = 3
    PATCH = 4
    MIXING = 5


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
    choices: tuple[str, ...] = ()  # for settings that are words

    @property
    def is_range(self) -> bool:
        return isinstance(self.default, tuple)


def _draw_nothing(u: Floats) -> Values:
    return {}


def _default_caption() -> str:
    return "yes"


@dataclass(frozen=True)
class KerasEquivalent:
    """A transform's counterpart in Keras, for the exported code.

    `generator(...)` returns keyword arguments of ImageDataGenerator, `layer(...)` the source of a keras.layers layer;
    both get the step's `probability` and settings by name, and return None if Keras can't do it with these settings.
    `generator_differs` and `layer_differs` say in a sentence how Keras' effect differs from ours. With `layer_chance`
    the layer draws with our probability.
    """

    generator: Callable[..., Mapping[str, Any] | None] | None = None
    generator_differs: str = ""
    layer: Callable[..., str | None] | None = None
    layer_differs: str = ""
    layer_chance: bool = False


@dataclass(frozen=True)
class Equivalent:
    """A transform's counterpart in torchvision (`v2`) or Albumentations (`A`), for the exported code.

    One of these functions says what to write; all get the step's settings by name, and return None if the library can't
    do it with these settings:
    `code(probability, …)`: the source of a transform;
    `affine(…)`: arguments of the library's affine transform, as source; those of adjacent steps are joined in one;
    `function(…)`: an expression in `photo` and `uniform(low, high)`, for what the library has as a function only.
    `differs` says in a sentence how the effect differs from ours. With `chance` the code draws with our probability.
    The code may use `SIZE`, the photos' side in pixels.
    """

    code: Callable[..., str | None] | None = None
    affine: Callable[..., Mapping[str, str] | None] | None = None
    function: Callable[..., str | None] | None = None
    differs: str = ""
    chance: bool = False


@dataclass(frozen=True)
class Transform:
    """A way to change a photo. To add a transform, add its record to `catalogue.py`; everything else picks it up.

    `draw(u, **settings)` turns uniform numbers u (photos, uniforms) in [0, 1) into drawn values; it is pure. One of
    these functions applies the values:
    `matrix(height, width, **values)`: (photos, 3, 3), from output to input pixels (x, y, 1), about the centre;
    `table(**values)`: uint8 (photos, 256), the new level for each level;
    `own_table(pixels, **values)`: uint8 (256,), the same for one photo, if it depends on the photo's own levels;
    `colour_matrix(**values)`: (photos, 3, 4), the new red, green and blue from the old ones and 1;
    `texture(pixels, **values)`: the new pixels of one photo; it leaves `pixels` unchanged and is deterministic;
    `patch(height, width, **values)`: int (photos, patches, 6): left, top, right, bottom (exclusive), the fill (a grey
    level, `MEAN` or `NOISE`) and a number for its noise;
    `mix(height, width, **values)`: (photos, 5): left, top, right, bottom (exclusive) of the area that shows a partner
    photo, and the partner's weight there, 0 to 1. `partner` in [0, 1) among the values says which photo that is. The
    labels mix in the same shares (see `core.augment.partners`).
    A transform without any of them (the border, the choice) only carries settings that the engine reads.
    `caption(**values)` describes the values drawn for one photo in a few words.
    """

    key: str  # written into recipes and run configs: never rename
    label: str
    explanation: str
    harm: str  # when it does more harm than good
    stage: Stage
    parameters: tuple[Parameter, ...] = ()
    uniforms: int = 0
    probability: float = 1.0  # the default; a flip that always happens would augment nothing
    draw: Callable[..., Values] = _draw_nothing
    matrix: Callable[..., Floats] | None = None
    table: Callable[..., Pixels] | None = None
    own_table: Callable[..., Pixels] | None = None
    colour_matrix: Callable[..., Floats] | None = None
    texture: Callable[..., Pixels] | None = None
    patch: Callable[..., NDArray[np.int64]] | None = None
    mix: Callable[..., Floats] | None = None
    caption: Callable[..., str] = _default_caption
    source: str = ""  # the paper or program behind it
    sweep: tuple[int, ...] = ()
    """How each uniform number moves in a strip from end to end: 1 up, -1 down, 0 not at all. Empty: all go up."""
    competes: bool = True  # whether a choice picks among this step and others; otherwise it keeps its own probability
    takes_effect: str = ""  # when the settings of a transform that draws nothing show
    keras: KerasEquivalent = KerasEquivalent()
    torchvision: Equivalent = Equivalent()
    albumentations: Equivalent = Equivalent()

    @property
    def draws(self) -> bool:
        """Whether the transform draws values and changes pixels (the border only sets something)."""
        functions = (self.matrix, self.table, self.own_table, self.colour_matrix, self.texture, self.patch, self.mix)
        return any(function is not None for function in functions)

    def settings(self, which: str = "default") -> dict[str, Any]:
        """All settings at their `default` or `neutral` value."""
        return {parameter.name: getattr(parameter, which) for parameter in self.parameters}


def symmetric(u: Floats, most: Number) -> Floats:
    """`u` in [0, 1) spread evenly over [-most, most)."""
    return (2 * u - 1) * most


def between(u: Floats, low: Number, high: Number) -> Floats:
    """`u` in [0, 1) spread evenly over [low, high)."""
    return low + u * (high - low)


def in_range(low: Number, high: Number, *, factor: Number = 1) -> str:
    """A range as source, for the exported code: its ends times the factor, to six digits."""
    return f"({low * factor:.6g}, {high * factor:.6g})"


MEAN, NOISE = -1, -2  # fills of a patch that are not grey levels
