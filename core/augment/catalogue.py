"""Every transform there is, in the order in which pages show them and the geometric ones are combined by default."""

from core.augment import colour, geometry, patches
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


TRANSFORMS = registered(
    geometry.ROTATION,
    geometry.WIDTH_SHIFT,
    geometry.HEIGHT_SHIFT,
    geometry.SHEAR,
    geometry.ZOOM,
    geometry.HORIZONTAL_FLIP,
    geometry.VERTICAL_FLIP,
    geometry.BORDER,
    colour.BRIGHTNESS,
    patches.BLACK_PATCH,
)


def transform(key: str) -> Transform:
    """The transform of that key; SettingsError, naming those there are, when it is unknown."""
    try:
        return TRANSFORMS[key]
    except (KeyError, TypeError):
        raise SettingsError(f"There is no transform {key!r}; there are: {', '.join(TRANSFORMS)}.") from None
