"""Perspective, the only transform that a 2 × 3 matrix can't express."""

import numpy as np

from core.augment.transform import Equivalent, Floats, KerasEquivalent, Parameter, Stage, Transform, in_range, symmetric

CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])  # of the photo, clockwise from the upper left


def _to_corners(height: int, width: int, corners: Floats) -> Floats:
    """Matrices (photos, 3, 3) that move the corners by `corners` (photos, 8): x and y in turn, shares of the sides.

    Maps a square to a quadrilateral in closed form, after Heckbert 1989, "Fundamentals of Texture Mapping and Image
    Warping", section 2.2: solving the equations for each photo would take longer than the warp.
    """
    size = np.array([width, height])
    moved = corners.reshape(-1, 4, 2)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = np.moveaxis((CORNERS + moved) * size - 0.5, 0, -1)
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    rows = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, np.ones_like(g)]
    from_square = np.stack(rows, -1).reshape(-1, 3, 3)
    to_square = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
    matrices: Floats = from_square @ to_square
    matrices[(moved == 0).all(axis=(1, 2))] = np.eye(3)  # exactly, so that nothing is warped
    return matrices


PERSPECTIVE = Transform(
    key="perspective",
    label="Perspective",
    explanation="A photo taken from above, below or the side: what is farther away looks smaller.",
    harm="Strong values distort clothes into trapezoids.",
    stage=Stage.GEOMETRY,
    probability=0.5,
    parameters=(
        Parameter(
            "perspective_range",
            "Largest corner shift",
            0,
            0.2,  # from 0.25 on the corners can form a shape that no camera sees
            default=0.08,
            neutral=0,
            step=0.01,
            unit="of width and height",
            help="Each corner moves by a random amount up to this, left or right and up or down.",
        ),
    ),
    uniforms=8,
    draw=lambda u, perspective_range: {"corners": symmetric(u, perspective_range)},
    matrix=_to_corners,
    caption=lambda corners: f"corners up to {np.abs(corners).max():.0%}",
    source="Heckbert 1989, Fundamentals of Texture Mapping and Image Warping; torchvision, RandomPerspective",
    sweep=(-1, 0, 1, 0, 0, 0, 0, 0),  # the upper edge from narrow to wide
    keras=KerasEquivalent(
        layer=lambda probability, perspective_range: (
            f"layers.RandomPerspective(({probability}, {probability}), scale={round(2 * perspective_range, 6)}, "
            "fill_value=fill_value)"
        ),
        layer_differs="It keeps the upper left corner in place, and fills only with one grey level.",
        layer_chance=True,
    ),
    torchvision=Equivalent(
        code=lambda probability, perspective_range: (
            f"v2.RandomPerspective({2 * perspective_range:.6g}, p={probability:g}, fill=FILL)"
        ),
        differs="It moves corners inwards only, which makes the photo smaller, and fills only with one grey level.",
        chance=True,
    ),
    albumentations=Equivalent(
        # It moves corners by |N(0, scale)|, whose mean is 0.798 × scale; the mean of ours is half of the range.
        code=lambda probability, perspective_range: (
            f"A.Perspective({in_range(perspective_range, perspective_range, factor=0.5 / 0.798)}, "
            f"border_mode=BORDER, fill=FILL, p={probability:g})"
            if perspective_range
            else None
        ),
        differs="It moves corners inwards only, which makes the photo larger, by normally distributed amounts.",
        chance=True,
    ),
)
