"""Everything that a recipe can be exported to: pages and the shell list what is here."""

from collections.abc import Callable
from dataclasses import dataclass

from core.augment.code import albumentations, exact, image_data_generator, keras_layers, recipe_json, torchvision
from core.augment.recipe import Recipe
from core.errors import SettingsError
from core.words import quoted


@dataclass(frozen=True)
class Target:
    """A library or format that a recipe can be written for.

    `source(recipe, seed, size)` returns the text: `seed` is that of the draws, `size` the side of the photos in pixels.
    Targets that draw with their own random numbers ignore the seed.
    """

    key: str  # its name on the command line
    label: str
    sentence: str  # what it is for
    file_name: str  # not a library's name: Python would import the file instead
    source: Callable[[Recipe, int, int], str]

    @property
    def language(self) -> str:
        """The language of the text, for colouring it."""
        return "json" if self.file_name.endswith(".json") else "python"


def registered(*targets: Target) -> dict[str, Target]:
    """The targets by key. Refuses a duplicate key or file name at import."""
    by_key = {target.key: target for target in targets}
    if not len(by_key) == len({target.file_name for target in targets}) == len(targets):
        raise ValueError("Keys and file names of targets must be unique. Rename one of them.")
    return by_key


TARGETS = registered(
    Target(
        "image-data-generator",
        "ImageDataGenerator",
        "For Keras code that reads folders with ImageDataGenerator, as Machine Learning Zoomcamp does.",
        "image_data_generator.py",
        lambda recipe, seed, size: image_data_generator.source(recipe),
    ),
    Target(
        "keras-layers",
        "Keras layers",
        "For Keras code that augments in a tf.data pipeline or inside the model.",
        "keras_layers.py",
        lambda recipe, seed, size: keras_layers.source(recipe),
    ),
    Target(
        "torchvision",
        "torchvision",
        "For PyTorch code: a pipeline of torchvision's transforms v2.",
        "torchvision_transforms.py",
        lambda recipe, seed, size: torchvision.source(recipe, size),
    ),
    Target(
        "albumentations",
        "Albumentations",
        "For code with NumPy arrays in any framework: a pipeline of Albumentations 2.0.8 (MIT).",
        "albumentations_transforms.py",
        lambda recipe, seed, size: albumentations.source(recipe, size),
    ),
    Target(
        "exact",
        "Exact code",
        "For exactly these pixels without this program, with NumPy and OpenCV only.",
        exact.FILE_NAME,
        exact.source,
    ),
    Target(
        "json",
        "JSON",
        "For this program: python -m core augment reads it.",
        "recipe.json",
        lambda recipe, seed, size: recipe_json.source(recipe),
    ),
)


def target(key: str) -> Target:
    """The target with this key. Raises SettingsError, listing all keys, if there is none."""
    try:
        return TARGETS[key]
    except KeyError:
        raise SettingsError(f"There is no code for {quoted(key)}. Choose one of: {', '.join(TARGETS)}.") from None
