"""A run or a study as a notebook in plain Keras, for Colab or Jupyter: photos, network, training, scores, one answer.

It needs nothing of this program, only Keras, NumPy and Pillow, and Matplotlib for pictures. A test executes it.
"""

import re
from collections.abc import Sequence

from core.datasets import catalogue
from core.reporting import choosing, material
from core.reporting.lesson import differences, network, photos, results, training
from core.reporting.lesson.cells import Cell, bullets, code, ipynb, markdown, plain
from core.reporting.lesson.photos import Source
from core.reporting.lesson.settings import Settings
from core.runs.folder import Run

STANDARD = ("functools", "math", "re", "shutil", "subprocess", "sys")  # imported where the code uses them
LIBRARIES = """
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image, ImageOps

try:
    import matplotlib.pyplot as plt
except ModuleNotFoundError:  # only the pictures need it
    plt = None

print("Keras", keras.version(), "on", keras.backend.backend())
"""


def of(runs: Sequence[Run]) -> str:
    """The notebook as JSON text (nbformat 4.5); write it as UTF-8.

    One run is trained cell by cell, several in a loop with a table of scores at the end. Raises RunError without runs
    or with runs on several datasets.
    """
    facts = material.of(runs)
    settings, source = Settings(facts.runs), photos.source(facts.dataset)
    cells = [
        *photos.cells(settings, source),
        *network.cells(settings),
        *training.cells(settings),
        *results.loop(settings),
        *results.cells(settings),
        markdown("differences", "## What differs from Fitting Room", bullets(differences.of(settings))),
    ]
    return ipynb([_introduction(settings, source), _libraries(cells), *cells])


def _libraries(cells: Sequence[Cell]) -> Cell:
    text = "\n".join(cell.text for cell in cells if cell.kind == "code")
    used = [f"import {name}" for name in STANDARD if re.search(rf"\b{name}\.", text)]
    return code("libraries", [*used, *LIBRARIES.strip().splitlines()])


def _introduction(settings: Settings, source: Source) -> Cell:
    choice = choosing.of(settings.runs)
    dataset = plain(catalogue.title(source.name))
    what = "This study" if settings.is_study else "This run"
    return markdown(
        "introduction",
        f"# {plain(choice.title)}",
        plain(choice.question),
        f"{what} was trained in Fitting Room on *{dataset}*. This notebook does the same in plain Keras. A machine "
        "with a GPU is much faster (in Colab: *Runtime*, *Change runtime type*).",
    )
