"""Importing Keras without the packages that it and TensorFlow load whenever they find them.

Keras looks for scikit-learn to wrap it, for pandas to accept its tables and for SciPy to turn pictures; TensorFlow
looks for JAX to convert its functions. Training uses none of that, and it is a third of the seconds and a quarter of
the memory of the import. Where they are not installed, Keras and TensorFlow do without them; so they do here.
"""

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from core.runs import devices

UNUSED = frozenset({"sklearn", "pandas", "matplotlib"})
UNUSED_BY_TENSORFLOW = frozenset({"jax", "scipy"})  # JAX itself needs SciPy


class _Hiding:
    """A finder of modules that finds none, and says of some that there are none, in one thread."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names, self._thread = names, threading.get_ident()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)


@contextmanager
def imports() -> Iterator[None]:
    """Until the block ends, this thread can import none of the packages that training never uses. Others can."""
    hiding = _Hiding(UNUSED | UNUSED_BY_TENSORFLOW if devices.keras_backend() == "tensorflow" else UNUSED)
    sys.meta_path.insert(0, hiding)
    try:
        yield
    finally:
        sys.meta_path.remove(hiding)


def load(module: str) -> ModuleType:
    """Import a module of this program that imports Keras."""
    with imports():
        return importlib.import_module(module)
