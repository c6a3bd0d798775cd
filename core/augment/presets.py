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


SOME = 0.9  # the probability of a step that was chosen; the papers have "no change" among about ten changes

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
    Preset(
        "trivial_augment",
        "TrivialAugment",
        "One random change of random strength for each photo and view, beside the flip: nothing to tune (Müller & "
        "Hutter 2021, arXiv:2103.10158). Our sharpening stands for their sharpness; equalising and automatic contrast "
        "are not among our transforms.",
        (
            recipe.step("rotation", SOME, rotation_range=135),
            recipe.step("width_shift", SOME, width_shift_range=0.14),
            recipe.step("height_shift", SOME, height_shift_range=0.14),
            recipe.step("shear", SOME, shear_range=45),
            recipe.step("horizontal_flip"),
            recipe.step("contrast", SOME, contrast_range=(0.2, 1.8)),
            recipe.step("brightness", SOME, brightness_range=(0.1, 1.9)),
            recipe.step("posterise", SOME, posterise_bits=(2, 8)),
            recipe.step("solarise", SOME, solarise_threshold=(0, 256)),
            recipe.step("saturation", SOME, saturation_range=(0, 2)),
            recipe.step("sharpen", SOME, sharpen_range=(0, 1)),
            recipe.step("choice", choice_count=1),
        ),
    ),
    Preset(
        "rand_augment",
        "RandAugment",
        "Two random changes for each photo and view, up to magnitude 9 of 10, beside the flip (Cubuk et al. 2020, "
        "arXiv:1909.13719). Theirs always have the full magnitude, and may be the same change twice; equalising and "
        "automatic contrast are not among our transforms.",
        (
            recipe.step("rotation", SOME, rotation_range=27),
            recipe.step("width_shift", SOME, width_shift_range=0.4),
            recipe.step("height_shift", SOME, height_shift_range=0.4),
            recipe.step("shear", SOME, shear_range=15),
            recipe.step("horizontal_flip"),
            recipe.step("contrast", SOME, contrast_range=(0.2, 1.8)),
            recipe.step("brightness", SOME, brightness_range=(0.2, 1.8)),
            recipe.step("posterise", SOME, posterise_bits=(4, 8)),
            recipe.step("solarise", SOME, solarise_threshold=(26, 256)),
            recipe.step("saturation", SOME, saturation_range=(0.2, 1.8)),
            recipe.step("sharpen", SOME, sharpen_range=(0, 0.8)),
            recipe.step("choice", choice_count=2),
        ),
    ),
)
