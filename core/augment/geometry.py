"""Transforms that move pixels. Names and meaning are those of Keras' ImageDataGenerator (keras/src/legacy).

Keras builds its matrix as rotation · shift · shear · zoom and flips afterwards: the order of the records here.
One slip of it is not repeated: its `height_shift_range` moves a photo sideways and its `width_shift_range` up and
down (the axes are swapped on the way to SciPy). Here width is sideways.
"""

import numpy as np

from core.augment.transform import Floats, Parameter, Stage, Transform, between, symmetric

FILL_MODES = ("nearest", "reflect", "wrap", "constant")


def _about_centre(height: int, width: int, linear: Floats) -> Floats:
    """(photos, 3, 3) that apply `linear` (photos, 2, 2) about the middle of the photo."""
    centre = np.array([width / 2 - 0.5, height / 2 - 0.5])  # pixel centres lie at whole numbers
    matrices = np.zeros((len(linear), 3, 3))
    matrices[:, :2, :2] = linear
    matrices[:, :2, 2] = centre - linear @ centre
    matrices[:, 2, 2] = 1
    return matrices


def _linear(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """(photos, 2, 2) of four arrays (photos,): [[a, b], [c, d]]."""
    return np.stack([np.stack([a, b], -1), np.stack([c, d], -1)], -2)


def _rotations(height: int, width: int, theta: Floats) -> Floats:
    angle = np.radians(theta)
    cos, sin = np.cos(angle), np.sin(angle)
    return _about_centre(height, width, _linear(cos, -sin, sin, cos))


def _shifts(x: Floats, y: Floats) -> Floats:
    matrices = np.tile(np.eye(3), (len(x), 1, 1))
    matrices[:, 0, 2], matrices[:, 1, 2] = x, y
    return matrices


def _shears(height: int, width: int, shear: Floats) -> Floats:
    angle = np.radians(shear)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    return _about_centre(height, width, _linear(one, -np.sin(angle), zero, np.cos(angle)))


def _scales(height: int, width: int, zx: Floats, zy: Floats) -> Floats:
    zero = np.zeros_like(zx)
    return _about_centre(height, width, _linear(zx, zero, zero, zy))


def _sign(value: float, positive: str, negative: str) -> str:
    return positive if value > 0 else negative if value < 0 else ""


ROTATION = Transform(
    key="rotation",
    label="Rotation",
    explanation="A tilted camera, or clothes laid down at an angle, should not change the answer.",
    harm="Large angles turn trousers on their head; the model learns what nobody will ever photograph.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "rotation_range",
            "Largest angle",
            0,
            180,
            default=15,
            neutral=0,
            unit="°",
            help="Each photo is turned by a random angle up to this many degrees, to either side.",
        ),
    ),
    uniforms=1,
    draw=lambda u, rotation_range: {"theta": symmetric(u[:, 0], rotation_range)},  # degrees
    matrix=_rotations,
    caption=lambda theta: f"{abs(theta):.0f}°{_sign(theta, ' ↺', ' ↻')}",
)

WIDTH_SHIFT = Transform(
    key="width_shift",
    label="Horizontal shift",
    explanation="The garment is not always in the middle: move it left or right.",
    harm="A large shift pushes the part that tells a skirt from a dress out of the picture.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "width_shift_range",
            "Largest shift",
            0,
            0.5,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="of width",
            help="A fraction of the width; each photo is moved by a random amount up to it, to either side.",
        ),
    ),
    uniforms=1,
    draw=lambda u, width_shift_range: {"tx": symmetric(u[:, 0], width_shift_range)},  # fraction of the width
    matrix=lambda height, width, tx: _shifts(tx * width, np.zeros_like(tx)),
    caption=lambda tx: f"{abs(tx):.0%}{_sign(tx, ' ←', ' →')}",  # the matrix asks where a pixel comes from
)

HEIGHT_SHIFT = Transform(
    key="height_shift",
    label="Vertical shift",
    explanation="The camera points a bit too high or too low: move the garment up or down.",
    harm="A large shift cuts off hems and collars, which are what some classes differ in.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "height_shift_range",
            "Largest shift",
            0,
            0.5,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="of height",
            help="A fraction of the height; each photo is moved by a random amount up to it, up or down.",
        ),
    ),
    uniforms=1,
    draw=lambda u, height_shift_range: {"ty": symmetric(u[:, 0], height_shift_range)},  # fraction of the height
    matrix=lambda height, width, ty: _shifts(np.zeros_like(ty), ty * height),
    caption=lambda ty: f"{abs(ty):.0%}{_sign(ty, ' ↑', ' ↓')}",
)

SHEAR = Transform(
    key="shear",
    label="Shear",
    explanation="Pulls the upper edge to one side and the lower to the other, like a photo taken from the side.",
    harm="Strong shear makes shapes that no camera ever sees.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "shear_range",
            "Largest shear angle",
            0,
            60,
            default=10,
            neutral=0,
            unit="°",
            help="In degrees, as in Keras: each photo is slanted by a random angle up to it, to either side.",
        ),
    ),
    uniforms=1,
    draw=lambda u, shear_range: {"shear": symmetric(u[:, 0], shear_range)},  # degrees
    matrix=_shears,
    caption=lambda shear: f"{shear:+.1f}°",
)

ZOOM = Transform(
    key="zoom",
    label="Zoom",
    explanation="Near or far: the garment fills more or less of the photo, a little wider or taller too.",
    harm="A strong zoom in shows only cloth, and cloth alone does not tell a shirt from trousers.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "zoom_range",
            "Zoom about 1",
            0,
            0.9,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="±",
            help="0.1 draws factors from 0.9 to 1.1, apart for width and height. As in Keras, a factor above 1 "
            "makes things smaller.",
        ),
    ),
    uniforms=2,
    draw=lambda u, zoom_range: {
        "zx": between(u[:, 0], 1 - zoom_range, 1 + zoom_range),
        "zy": between(u[:, 1], 1 - zoom_range, 1 + zoom_range),
    },
    matrix=_scales,
    caption=lambda zx, zy: f"{zx:.2f} × {zy:.2f}",
)

HORIZONTAL_FLIP = Transform(
    key="horizontal_flip",
    label="Horizontal flip",
    explanation="Left and right swapped: a shoe pointing left is as much a shoe as one pointing right.",
    harm="Harmful only where left and right mean something, as in written text.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: _scales(height, width, -flip, flip),
    caption=lambda flip: "⇄",
)

VERTICAL_FLIP = Transform(
    key="vertical_flip",
    label="Vertical flip",
    explanation="Upside down: a shoe upside down is still a shoe.",
    harm="A 6 upside down is a 9; and photos that people take of clothes they hang up are never upside down.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    draw=lambda u: {"flip": np.ones(len(u))},
    matrix=lambda height, width, flip: _scales(height, width, flip, -flip),
    caption=lambda flip: "⇅",
)

BORDER = Transform(
    key="border",
    label="Border",
    explanation="What fills the corners that a rotation, shift, shear or zoom leaves empty.",
    harm="A constant colour draws edges that the model may learn to look at.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "fill_mode",
            "Fill mode",
            0,
            0,
            default="nearest",
            neutral="nearest",
            choices=FILL_MODES,
            help="nearest: stretch the edge pixels · reflect: mirror · wrap: start again from the other side · "
            "constant: one grey level.",
        ),
        Parameter(
            "cval",
            "Grey level",
            0,
            255,
            default=0,
            neutral=0,
            help="The level used by the fill mode constant: 0 is black, 255 is white.",
        ),
    ),
)
