"""A recipe as an Albumentations pipeline, measured with version 2.0.8."""

from collections.abc import Mapping

from core.augment.border import FILL_MODES
from core.augment.code import pipeline, remarks
from core.augment.recipe import Recipe, Step, border

REQUIREMENT = (
    "# pip install albumentations==2.0.8 opencv-python-headless\n"
    "# 2.0.8 is the last version under the MIT licence; its successor, AlbumentationsX, is under the AGPL.\n"
    "# With NO_ALBUMENTATIONS_UPDATE=1 in the environment it doesn't look for updates when it is imported.\n"
)


def _affine(arguments: Mapping[str, str], probability: float) -> str:
    """A.Affine with these arguments; `x` and `y` are its shifts."""
    shifts = {axis: arguments.get(axis, "(0.0, 0.0)") for axis in ("x", "y")}
    named = {name: value for name, value in arguments.items() if name not in shifts}
    if set(shifts) & set(arguments):
        named["translate_percent"] = f'{{"x": {shifts["x"]}, "y": {shifts["y"]}}}'
    lines = [f"{name}={value}" for name, value in named.items()] + [f"border_mode=BORDER, fill=FILL, p={probability:g}"]
    return pipeline.call("A.Affine", lines)


def _no_function(step: Step, expression: str) -> str:
    raise ValueError(f"{step.transform.label}: Albumentations takes no functions. Give its equivalent as code.")


LIBRARY = pipeline.Library(
    name="Albumentations",
    affine_name="A.Affine",
    order="zooms, then rotates, shears and shifts",
    equivalent=lambda step: step.transform.albumentations,
    affine=_affine,
    function=_no_function,
    chance=lambda code, probability: code,  # every transform has its own `p`
)


def source(recipe: Recipe, size: int) -> str:
    """Python code that defines `augmentation`, an A.Compose with this recipe, for photos of `size` × `size` pixels."""
    made = pipeline.of(recipe, LIBRARY)
    edge = border(recipe)
    lines = "".join(f"        {transform},\n" for transform in made.transforms)
    steps = f"\n{lines}    " if lines else ""
    constants = f"SIZE = {size}  # pixels\n"
    if "BORDER" in lines:
        constants += f"BORDER, FILL = cv2.{FILL_MODES[str(edge['fill_mode'])]}, {edge['cval']!r}\n"
    return (
        '"""Augmentation with Albumentations, for RGB photos of SIZE × SIZE pixels with levels from 0 to 255."""\n\n'
        f"{REQUIREMENT}"
        "import albumentations as A\nimport cv2\n\n"
        f"{constants}\n"
        f"{remarks.comments(made.differences)}"
        f"augmentation = A.Compose(\n    [{steps}]\n)\n\n"
        "# For training photos only; validation and test photos stay as they are:\n"
        "# photo = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)\n"
        "# photo = cv2.resize(photo, (SIZE, SIZE), interpolation=cv2.INTER_AREA)\n"
        '# augmented = augmentation(image=photo)["image"]  # another draw at each call\n'
    )
