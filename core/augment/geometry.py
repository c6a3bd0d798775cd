"""Transforms that tilt and stretch. Names and meanings are those of Keras' ImageDataGenerator (keras/src/legacy).

Keras builds its matrix as rotation · shift · shear · zoom and flips afterwards: the order of the catalogue.
"""

import numpy as np

from core.augment.transform import (
    Equivalent,
    Floats,
    KerasEquivalent,
    Parameter,
    Stage,
    Transform,
    Values,
    between,
    in_range,
    symmetric,
)

FILL = "fill_mode=fill_mode, fill_value=fill_value"  # the exported code sets both once, for all its layers
KERAS = "Keras, ImageDataGenerator"
NEVER_TALLER = "It never makes the photo taller; ours does, as Keras' does (by 1.5% at 10°)."
LARGER_MORE_OFTEN = "It draws the inverse of our factor evenly, so it enlarges more often than it reduces."


def about_centre(height: int, width: int, linear: Floats) -> Floats:
    """Matrices (photos, 3, 3) that apply `linear` (photos, 2, 2) about the centre of the photo."""
    centre = np.array([width / 2 - 0.5, height / 2 - 0.5])  # pixel centres have whole coordinates
    matrices = np.zeros((len(linear), 3, 3))
    matrices[:, :2, :2] = linear
    matrices[:, :2, 2] = centre - linear @ centre
    matrices[:, 2, 2] = 1
    return matrices


def _linear(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Matrices (photos, 2, 2) from four arrays (photos,): [[a, b], [c, d]]."""
    return np.stack([np.stack([a, b], -1), np.stack([c, d], -1)], -2)


def _rotations(height: int, width: int, theta: Floats) -> Floats:
    angle = np.radians(theta)
    cos, sin = np.cos(angle), np.sin(angle)
    return about_centre(height, width, _linear(cos, -sin, sin, cos))


def _shears(height: int, width: int, shear: Floats) -> Floats:
    angle = np.radians(shear)
    zeros, ones = np.zeros_like(angle), np.ones_like(angle)
    return about_centre(height, width, _linear(ones, -np.sin(angle), zeros, np.cos(angle)))


def scales(height: int, width: int, zx: Floats, zy: Floats) -> Floats:
    zeros = np.zeros_like(zx)
    return about_centre(height, width, _linear(zx, zeros, zeros, zy))


def _zoom_draws(u: Floats, zoom_range: float, zoom_axes: str) -> Values:
    factors = between(u, 1 - zoom_range, 1 + zoom_range)
    return {"zx": factors[:, 0], "zy": factors[:, 0 if zoom_axes == "tied" else 1]}


def _zoom_layer(probability: float, zoom_range: float, zoom_axes: str) -> str:
    factor = f"({-zoom_range}, {zoom_range})"
    return f"layers.RandomZoom({factor}, {'None' if zoom_axes == 'tied' else factor}, {FILL})"


def _factors(zoom_range: float) -> str:
    """The range of the other libraries' factor, which makes things larger where Keras' makes them smaller."""
    return in_range(1 / (1 + zoom_range), 1 / (1 - zoom_range))


def sign(value: float, positive: str, negative: str) -> str:
    return positive if value > 0 else negative if value < 0 else ""


ROTATION = Transform(
    key="rotation",
    label="Rotation",
    explanation="A tilted camera, or clothes laid down at an angle, should not change the answer.",
    harm="Large angles turn trousers upside down, which nobody photographs.",
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
            help="Each photo is rotated by a random angle up to this, in either direction.",
        ),
    ),
    uniforms=1,
    draw=lambda u, rotation_range: {"theta": symmetric(u[:, 0], rotation_range)},  # degrees
    matrix=_rotations,
    caption=lambda theta: f"{abs(theta):.0f}°{sign(round(theta), ' ↺', ' ↻')}",
    source=KERAS,
    keras=KerasEquivalent(
        generator=lambda probability, rotation_range: {"rotation_range": rotation_range},
        layer=lambda probability, rotation_range: f"layers.RandomRotation({round(rotation_range / 360, 6)}, {FILL})",
    ),
    torchvision=Equivalent(affine=lambda rotation_range: {"degrees": in_range(-rotation_range, rotation_range)}),
    albumentations=Equivalent(affine=lambda rotation_range: {"rotate": in_range(-rotation_range, rotation_range)}),
)

SHEAR = Transform(
    key="shear",
    label="Shear",
    explanation="Pulls the top edge one way and the bottom edge the other, like a photo taken from the side.",
    harm="Strong shear produces shapes that no camera sees.",
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
            help="Each photo is slanted by a random angle up to this, in either direction. In degrees, as in Keras.",
        ),
    ),
    uniforms=1,
    draw=lambda u, shear_range: {"shear": symmetric(u[:, 0], shear_range)},  # degrees
    matrix=_shears,
    caption=lambda shear: f"{round(shear, 1) + 0.0:+.1f}°",
    source=KERAS,
    keras=KerasEquivalent(
        generator=lambda probability, shear_range: {"shear_range": shear_range},
        layer=lambda probability, shear_range: (
            f"layers.RandomShear(x_factor={round(min(float(np.sin(np.radians(shear_range))), 1.0), 6)}, {FILL})"
        ),
        layer_differs="It slants from the top edge, so the photo also moves, and it never makes the photo taller.",
    ),
    torchvision=Equivalent(
        affine=lambda shear_range: {"shear": in_range(-shear_range, shear_range)}, differs=NEVER_TALLER
    ),
    albumentations=Equivalent(
        affine=lambda shear_range: {"shear": f'{{"x": {in_range(-shear_range, shear_range)}, "y": (0.0, 0.0)}}'},
        differs=NEVER_TALLER,
    ),
)

ZOOM = Transform(
    key="zoom",
    label="Zoom",
    explanation="Near or far: the garment fills more or less of the photo, and may look a little wider or taller.",
    harm="A strong zoom shows only cloth, and cloth does not tell a shirt from trousers.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "zoom_range",
            "Zoom range",
            0,
            0.9,
            default=0.1,
            neutral=0,
            step=0.01,
            unit="±",
            help="0.1 draws factors from 0.9 to 1.1. As in Keras, a factor above 1 makes things smaller.",
        ),
        Parameter(
            "zoom_axes",
            "Width and height",
            0,
            0,
            default="apart",
            neutral="apart",
            choices=("apart", "tied"),
            help="apart: a factor for each, as in Keras' ImageDataGenerator · tied: one factor for both, which keeps "
            "the proportions.",
        ),
    ),
    uniforms=2,
    draw=_zoom_draws,
    matrix=scales,
    caption=lambda zx, zy: f"{zx:.2f} × {zy:.2f}",
    source=KERAS,
    keras=KerasEquivalent(
        generator=lambda probability, zoom_range, zoom_axes: (
            {"zoom_range": zoom_range} if zoom_axes == "apart" or not zoom_range else None
        ),
        layer=_zoom_layer,
    ),
    torchvision=Equivalent(
        affine=lambda zoom_range, zoom_axes: {"scale": _factors(zoom_range)},
        differs=f"It draws one factor for width and height. {LARGER_MORE_OFTEN}",
    ),
    albumentations=Equivalent(
        affine=lambda zoom_range, zoom_axes: {
            "scale": f'{{"x": {_factors(zoom_range)}, "y": {_factors(zoom_range)}}}',
            **({"keep_ratio": "True"} if zoom_axes == "tied" else {}),
        },
        differs=LARGER_MORE_OFTEN,
    ),
)
