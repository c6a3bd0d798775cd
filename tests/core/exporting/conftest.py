"""An unzipped service, and how to import its modules."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests import services


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """A function that imports a module from an unzipped service, as Python does in its folder."""

    def loaded(folder: Path, name: str) -> ModuleType:
        _forget()
        monkeypatch.syspath_prepend(str(folder))
        return importlib.import_module(name)

    yield loaded
    _forget()


def _forget() -> None:
    for name in ("classifier", "download", "lambda_function"):
        sys.modules.pop(name, None)


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """The unzipped service of a model that answers the brightest of red, green and blue."""
    return services.unzipped(services.exported(tmp_path))
