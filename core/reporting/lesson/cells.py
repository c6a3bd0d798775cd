"""The cells of a notebook, and the notebook as a file (nbformat 4.5)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core import words

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&]")  # in Markdown, in formulas and in HTML


@dataclass(frozen=True)
class Cell:
    """A cell. Its id is unique in the notebook: letters, digits and hyphens, at most 64."""

    id: str
    kind: Literal["markdown", "code"]
    text: str


def markdown(id: str, *paragraphs: str) -> Cell:
    return Cell(id, "markdown", "\n\n".join(filter(None, paragraphs)))


def code(id: str, lines: Sequence[str]) -> Cell:
    return Cell(id, "code", "\n".join(lines).strip("\n"))


def plain(text: str) -> str:
    """A text from outside on one line, escaped for Markdown."""
    return _SPECIAL.sub(r"\\\g<0>", words.printable(text))


def bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    """Lines of code, so many levels further in."""
    return [f"{'    ' * levels}{line}" if line else "" for line in lines]


def ipynb(cells: Sequence[Cell]) -> str:
    """The notebook as JSON text; write it as UTF-8. Nothing in it has been executed."""
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "accelerator": "GPU",  # Colab then offers a machine with one
        },
        "cells": [_record(cell) for cell in cells],
    }
    return json.dumps(notebook, indent=1) + "\n"


def _record(cell: Cell) -> dict[str, Any]:
    record = {
        "cell_type": cell.kind,
        "id": cell.id,
        "metadata": {},
        "source": cell.text.splitlines(keepends=True),
    }
    return record | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})
