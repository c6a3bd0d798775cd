"""Every transform there is, in the order in which pages show them and the geometric ones are combined by default."""

from core.augment import border, colour, flips, geometry, levels, patches, perspective, shifts, texture, tones
from core.augment.transform import Transform
from core.errors import SettingsError


def registered(*transforms: Transform) -> dict[str, Transform]:
    """The transforms by key; a key used twice is refused when the program starts."""
    by_key: dict[str, Transform] = {}
    for transform in transforms:
        if transform.key in by_key:
            raise ValueError(f"two transforms are called {transform.key!r}: give one of them another key")
        by_key[transform.key] = transform
    return by_key


# Of the colours those come first that look at the photo's own levels, then the tables, then the matrices: so a recipe
# in this order needs the fewest passes. Perspective acts on the finished frame, where its horizon is out of sight.
TRANSFORMS = registered(
    geometry.ROTATION,
    shifts.WIDTH_SHIFT,
    shifts.HEIGHT_SHIFT,
    geometry.SHEAR,
    geometry.ZOOM,
    flips.HORIZONTAL_FLIP,
    flips.VERTICAL_FLIP,
    perspective.PERSPECTIVE,
    border.BORDER,
    levels.CONTRAST,
    levels.CHANNEL_SHIFT,
    levels.BRIGHTNESS,
    levels.GAMMA,
    tones.INVERSION,
    tones.POSTERISE,
    tones.SOLARISE,
    colour.SATURATION,
    colour.HUE,
    colour.GREYSCALE,
    texture.BLUR,
    texture.SHARPEN,
    texture.NOISE,
    texture.JPEG,
    patches.BLACK_PATCH,
    patches.GRID,
)


def transform(key: str) -> Transform:
    """The transform of that key; SettingsError, naming those there are, when it is unknown."""
    try:
        return TRANSFORMS[key]
    except (KeyError, TypeError):
        raise SettingsError(f"There is no transform {key!r}; there are: {', '.join(TRANSFORMS)}.") from None
