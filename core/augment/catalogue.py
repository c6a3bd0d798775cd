"""Every transform, in the order in which pages list them and geometric ones are combined by default."""

from core.augment import (
    border,
    choice,
    colour,
    flips,
    geometry,
    levels,
    mixing,
    patches,
    perspective,
    shifts,
    texture,
    tones,
)
from core.augment.transform import Transform
from core.errors import SettingsError
from core.words import quoted


def registered(*transforms: Transform) -> dict[str, Transform]:
    """The transforms by key. Refuses a duplicate key at import."""
    by_key: dict[str, Transform] = {}
    for transform in transforms:
        if transform.key in by_key:
            raise ValueError(f"Transform keys must be unique, got {transform.key!r} twice. Rename one of them.")
        by_key[transform.key] = transform
    return by_key


# Of the colour transforms, those that depend on the photo's own levels come first, then tables, then matrices: this
# order needs the fewest passes. Perspective comes after the other geometric ones: there its horizon is out of sight.
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
    mixing.MIXUP,
    mixing.CUTMIX,
    choice.CHOICE,
)


def transform(key: str) -> Transform:
    """The transform with this key. Raises SettingsError, listing all keys, if there is none."""
    try:
        return TRANSFORMS[key]
    except (KeyError, TypeError):
        raise SettingsError(f"There is no transform {quoted(key)}. Choose one of: {', '.join(TRANSFORMS)}.") from None
