"""A recipe as code that makes exactly our pixels, without this program.

The functions that draw values and change pixels are copied from the transforms' own source. Only the loop over the
recipe is written here, as plain statements for one photo (see docs/decisions/0032).
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import cv2
import numpy as np

from core.augment.border import FILL_MODES
from core.augment.code import exact_texts, remarks
from core.augment.code.definitions import Definitions
from core.augment.recipe import Recipe, Step, border, choice_count, competing, summary, without_mixing

FILE_NAME = "exact.py"
KINDS = ("matrix", "own_table", "table", "colour_matrix", "texture", "patch")
ENGINE = {  # where the functions are that the loop calls, beside those of the transforms
    "uniforms": "core.augment.chance",
    "chosen": "core.augment.choice",
    "photo_values": "core.augment.passes",
    "cover": "core.augment.passes",
}
WRITTEN = {
    "drawn": exact_texts.DRAWN,
    "picked": exact_texts.PICKED,
    "warped": exact_texts.WARPED,
    "mixed": exact_texts.MIXED,
}
TYPES = ("Floats = ", "Number = ", "Pixels = ", "Values = ")
FUNCTION = ("def ", "@")
THIRD_PARTY = ("cv2", "numpy")


def source(recipe: Recipe, seed: int, size: int) -> str:
    """A Python module with `augment(photos, keys, seed, view)`, which gives the engine's pixels.

    `seed` and `size` (pixels) are its defaults. It needs NumPy and OpenCV, and has only what this recipe needs.
    """
    code = Definitions({"import argparse", "import hashlib", "import sys", "from pathlib import Path"})
    code.imports |= {"import cv2", "import numpy as np"}
    code.add("core.photos.resizing", "resize")
    loop = _loop(recipe, code)
    written = [text for name, text in WRITTEN.items() if f"{name}(" in loop]
    alone = tuple(step for step in without_mixing(recipe) if step.probability)
    words = [textwrap.fill(f"The recipe: {summary(alone) if remarks.applied(alone) else 'nothing'}.", remarks.WIDTH)]
    if mixing := [step.transform.label for step in remarks.mixing(recipe) if step.probability]:
        left_out = f"{' and '.join(mixing)} left out: mixing needs the other training photos, and changes the labels."
        words.append(textwrap.fill(left_out, remarks.WIDTH))
    head = exact_texts.HEAD.format(
        recipe="\n".join(words),
        numpy=np.__version__,
        opencv=cv2.__version__,
        file_name=FILE_NAME,
    )
    constants = f"SEED = {seed}\nSIZE = {size}  # pixels: the side of the square copies"
    types = [text for text in code.texts if text.startswith(TYPES)]
    functions = [text for text in code.texts if text not in types]
    return head + _module(code.imports, [constants, *types, *functions, *written, loop, exact_texts.TAIL])


def _loop(recipe: Recipe, code: Definitions) -> str:
    """The function that changes one photo: all steps in their order. Collects the functions that it calls."""
    lines = [
        "def augment_photo(photo, key, seed=SEED, view=0):",
        '    """One photo (height, width, 3) as training sees it in this view; `photo` stays as it is."""',
        "    photo = photo.copy()",
    ]
    count, rivals = choice_count(recipe), [step.transform.key for step in competing(recipe)]
    if count is None or count >= len(rivals):
        rivals = []
    else:
        lines += ["    names = [", *(f'        "{name}",' for name in rivals), "    ]"]
        lines.append(f"    names = picked(seed, view, key, names, {count})")
    for kind, group in groupby(remarks.applied(recipe), key=_kind):
        steps = [step for step in group if step.probability > 0]
        if not steps:
            continue
        if kind == "matrix":
            lines += ["", "    matrix = np.eye(3)[None]  # all geometric steps: one matrix, one interpolation"]
        if kind == "colour_matrix":
            lines += ["", "    colours = np.eye(3, 4)  # adjacent changes of colour: one matrix"]
        for step in steps:
            lines += _statements(step, kind, code, is_rival=step.transform.key in rivals)
        if kind == "matrix":
            edge = border(recipe)
            lines.append(
                f"    photo = warped(photo, matrix[0], cv2.{FILL_MODES[str(edge['fill_mode'])]}, {edge['cval']})"
            )
        if kind == "colour_matrix":
            lines.append("    photo = recoloured(photo, colours)")
    text = "\n".join([*lines, "    return photo"])
    used = [written for name, written in WRITTEN.items() if f"{name}(" in text]
    for name, module in ENGINE.items():
        if any(f"{name}(" in part for part in (text, *used)):
            code.add(module, name)
    return text


def _kind(step: Step) -> str:
    """Which of its functions changes the pixels."""
    return next(kind for kind in KINDS if getattr(step.transform, kind) is not None)


def _statements(step: Step, kind: str, code: Definitions, is_rival: bool) -> list[str]:
    """Lines that draw the step's values and apply them to one photo. A rival happens only if it was picked."""
    transform = step.transform
    module = transform.draw.__module__
    draw, change = (code.add_field(module, transform.key, name) for name in ("draw", kind))
    settings = "".join(f", {name}={_literal(value)}" for name, value in step.settings.items())
    applied = {
        "matrix": f"matrix = matrix @ {change}(*photo.shape[:2], **values)",
        "own_table": f"photo = cv2.LUT(photo, {change}(photo, **photo_values(values, 0)))",
        "table": f"photo = cv2.LUT(photo, {change}(**values)[0])",
        "colour_matrix": f"colours = mixed(colours, {change}(**values)[0])",
        "texture": f"photo = {change}(photo, **photo_values(values, 0))",
        "patch": f"cover(photo, {change}(*photo.shape[:2], **values)[0])",
    }
    return [
        *([""] if kind not in ("matrix", "colour_matrix") else []),
        f'    u = drawn(seed, view, key, "{transform.key}", {step.probability}, {transform.uniforms})',
        f'    if u is not None and "{transform.key}" in names:' if is_rival else "    if u is not None:",
        f"        values = {draw}(u{settings})",
        f"        {applied[kind]}",
    ]


def _module(imports: Iterable[str], parts: Iterable[str]) -> str:
    """The parts under their imports, with two empty lines around functions."""
    text, after_function = f"{_imports(imports)}\n", False
    for part in parts:
        is_function = part.startswith(FUNCTION)
        text += f"\n\n{part}\n" if is_function or after_function else f"{part}\n"
        after_function = is_function
    return text


def _imports(statements: Iterable[str]) -> str:
    """Import statements, the standard library's first; those from the same module in one line."""
    names = defaultdict(list)
    for statement in sorted(statements):
        source, _, name = statement.rpartition(" import ")
        names[source].append(name)
    lines = [*names.pop("", []), *(f"{source} import {', '.join(names[source])}" for source in names)]
    others = [line for line in lines if line.split()[1].split(".")[0] in THIRD_PARTY]
    return "\n".join([*(line for line in lines if line not in others), "", *others, ""])


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
