"""The optional libraries that take runs to other tools: whether they are installed, and how to install them."""

import importlib.util
from dataclasses import dataclass

from core.errors import AppError


@dataclass(frozen=True)
class Extra:
    """A tool, and what must be installed for it. requirements-extras.txt has the same packages."""

    label: str
    module: str
    packages: tuple[str, ...]  # with their ranges

    @property
    def is_installed(self) -> bool:
        """Whether the library can be found. Looks at files only; importing it takes seconds."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f"pip install {' '.join(_quoted(package) for package in self.packages)}"

    def check(self) -> None:
        """Raise AppError if the library is missing."""
        if not self.is_installed:
            raise self.error(f"{self.label} needs a library that is not installed")

    def error(self, problem: str) -> AppError:
        """The error about a library that is missing or incomplete."""
        return AppError(f"{problem}: run `{self.command}` in the program's environment.")


def _quoted(package: str) -> str:
    """A package as shells take it: < and > would redirect."""
    return f'"{package}"'


TENSORBOARD = Extra("TensorBoard", "tensorboard", ("tensorboard>=2.20,<3",))
MLFLOW = Extra("MLflow", "mlflow", ("mlflow-skinny>=3.10,<4", "sqlalchemy>=2.0,<3", "alembic>=1.14,<2"))
