"""Recipes to start from."""

from dataclasses import dataclass

from core.augment import recipe
from core.augment.recipe import Recipe


@dataclass(frozen=True)
class Preset:
    """A recipe with a name and a sentence about it."""

    key: str
    label: str
    explanation: str
    recipe: Recipe


PRESETS = (
    Preset("none", "None", "Every epoch shows the photos as they are.", ()),
    Preset(
        "course",
        "Machine Learning Zoomcamp",
        "The training recipe of Machine Learning Zoomcamp: shear, zoom and horizontal flip.",
        (
            recipe.step("shear", shear_range=10),
            recipe.step("zoom", zoom_range=0.1),
            recipe.step("horizontal_flip"),
        ),
    ),
    Preset(
        "course_preview",
        "Machine Learning Zoomcamp, preview",
        "What Machine Learning Zoomcamp shows when it introduces augmentation: rotation, shifts of 10 of 299 pixels, "
        "shear, zoom and vertical flip.",
        (
            recipe.step("rotation", rotation_range=30),
            recipe.step("width_shift", width_shift_range=0.033),
            recipe.step("height_shift", height_shift_range=0.033),
            recipe.step("shear", shear_range=10),
            recipe.step("zoom", zoom_range=0.1),
            recipe.step("vertical_flip"),
        ),
    ),
    Preset(
        "light",
        "Light",
        "Small tilts, shifts, flips and lighting changes. Rarely hurts.",
        (
            recipe.step("rotation", rotation_range=8),
            recipe.step("width_shift", width_shift_range=0.05),
            recipe.step("height_shift", height_shift_range=0.05),
            recipe.step("zoom", zoom_range=0.08),
            recipe.step("horizontal_flip"),
            recipe.step("brightness", brightness_range=(0.8, 1.2)),
        ),
    ),
    Preset(
        "medium",
        "Medium",
        "Stronger than Light, with an occasional black patch.",
        (
            recipe.step("rotation", rotation_range=15),
            recipe.step("width_shift", width_shift_range=0.1),
            recipe.step("height_shift", height_shift_range=0.1),
            recipe.step("shear", shear_range=7),
            recipe.step("zoom", zoom_range=0.15),
            recipe.step("horizontal_flip"),
            recipe.step("brightness", brightness_range=(0.75, 1.25)),
            recipe.step("black_patch", probability=0.3, patch_size=0.25),
        ),
    ),
    Preset(
        "strong",
        "Strong",
        "For long training of networks that overfit. Too strong for short training.",
        (
            recipe.step("rotation", rotation_range=30),
            recipe.step("width_shift", width_shift_range=0.2),
            recipe.step("height_shift", height_shift_range=0.2),
            recipe.step("shear", shear_range=15),
            recipe.step("zoom", zoom_range=0.3),
            recipe.step("horizontal_flip"),
            recipe.step("brightness", brightness_range=(0.5, 1.5)),
            recipe.step("black_patch", probability=0.5, patch_size=0.35),
        ),
    ),
)
