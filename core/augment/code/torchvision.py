"""A recipe as torchvision's transforms v2, measured with torchvision 0.29."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from core.augment import engine
from core.augment.code import pipeline, remarks
from core.augment.recipe import Recipe, border

REQUIREMENT = "# pip install torch torchvision (written for torchvision 0.29)\n"
PADDING_MODES = {"nearest": "edge", "reflect": "symmetric", "wrap": "edge"}  # by fill mode; wrap has no counterpart
UNIFORM = '''\
def uniform(low, high):
    """A random number from torch's generator, which has another seed in each worker of a DataLoader."""
    return torch.empty(1).uniform_(low, high).item()
'''


def _affine(padding_mode: str | None, arguments: Mapping[str, str], probability: float) -> str:
    """v2.RandomAffine with these arguments; `x` and `y` are its shifts.

    It fills with a grey level only. For other borders, the photo gets a margin first, which is cut off afterwards.
    """
    parts = {"degrees": "0"} | {name: value for name, value in arguments.items() if name not in ("x", "y")}
    if "x" in arguments or "y" in arguments:
        share = "" if padding_mode is None else " * SHARE"
        x, y = (f"{arguments[axis]}{share}" if axis in arguments else "0.0" for axis in ("x", "y"))
        parts["translate"] = f"({x}, {y})"
    lines = [f"{name}={value}" for name, value in parts.items()]
    warp = pipeline.call("v2.RandomAffine", [*lines, "interpolation=v2.InterpolationMode.BILINEAR", "fill=FILL"])
    warp = _chance(warp, probability)
    if padding_mode is None:
        return warp
    return f'v2.Pad(MARGIN, padding_mode="{padding_mode}"),\n        {warp},\n        v2.CenterCrop(SIZE)'


def _chance(code: str, probability: float) -> str:
    return code if probability == 1 else f"v2.RandomApply([{code}], p={probability:g})"


def _margin(recipe: Recipe, size: int) -> int:
    """How far the recipe's affine steps look beyond the photo, in pixels: the most in 4,000 draws, and a tenth more."""
    steps = tuple(step for step in recipe if step.transform.torchvision.affine)
    matrices = engine.fuse(steps, engine.draw(steps, np.arange(4000), 0, 0), size, size).matrices
    if matrices is None:
        return 0
    corners = np.array([[x, y, 1] for x in (0, size - 1) for y in (0, size - 1)])
    seen = matrices[:, :2] @ corners.T
    beyond = max(float(-seen.min()), float(seen.max()) - (size - 1))
    return min(int(1.1 * beyond) + 1, size)  # a mirror is as large as the photo


def source(recipe: Recipe, size: int) -> str:
    """Python code that defines `augmentation`, a v2.Compose with this recipe, for photos of `size` × `size` pixels."""
    edge = border(recipe)
    mode = PADDING_MODES.get(str(edge["fill_mode"]))
    made = pipeline.of(
        recipe,
        pipeline.Library(
            name="torchvision",
            affine_name="v2.RandomAffine",
            order="zooms, then shears, rotates and shifts",
            equivalent=lambda step: step.transform.torchvision,
            affine=partial(_affine, mode),
            function=lambda step, expression: f"v2.Lambda({step.transform.key})",
            chance=_chance,
        ),
    )
    lines = "".join(f"        {transform},\n" for transform in made.transforms) or "        v2.Identity(),\n"
    if "MARGIN" in lines and edge["fill_mode"] == "wrap":
        made.differences.append("Border: torchvision can't continue at the opposite edge; it repeats the edge pixels.")
    constants = [f"SIZE = {size}  # pixels"]
    if "FILL" in lines:
        constants.append(f"FILL = {edge['cval']!r}  # grey level where a transform leaves an empty area")
    if "MARGIN" in lines:
        constants.append(f"MARGIN = {_margin(recipe, size)}  # pixels around the photo while it moves")
    if "SHARE" in lines:
        constants.append("SHARE = SIZE / (SIZE + 2 * MARGIN)")
    functions = [f"def {key}(photo):\n    return {code}\n" for key, code in made.functions.items()]
    if any("uniform(" in code for code in functions):
        functions.insert(0, UNIFORM)
    return (
        '"""Augmentation with torchvision, for RGB photos of SIZE × SIZE pixels: tensors (3, SIZE, SIZE), uint8."""\n\n'
        + REQUIREMENT
        + ("import torch\n" if functions else "")
        + "from torchvision.transforms import v2\n\n"
        + "\n".join([*constants, ""])
        + "".join(f"\n\n{function}" for function in functions)
        + ("\n\n" if functions else "\n")
        + remarks.comments(made.differences)
        + f"augmentation = v2.Compose(\n    [\n{lines}    ]\n)\n\n"
        "# For training photos only; validation and test photos stay as they are:\n"
        "# prepare = v2.Compose([v2.PILToTensor(), v2.Resize((SIZE, SIZE)), augmentation])\n"
        '# torchvision.datasets.ImageFolder("train", transform=prepare)\n'
    )
