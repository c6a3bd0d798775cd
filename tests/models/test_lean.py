"""The worker's import of Keras: without what training never uses, and without keeping anybody else from it."""

import importlib
import importlib.util
import subprocess
import sys
import threading

import pytest

from core import workspace
from models import lean

# The modules of UNUSED… that are there after the worker's import, then whether they can be imported after it.
LOADED = """
import sys
from models import lean
lean.load("models.job")
names = sorted(lean.UNUSED | lean.UNUSED_BY_TENSORFLOW)
print(*[name for name in names if name in sys.modules], sep=",")
import sklearn.linear_model, scipy.ndimage, pandas
print(pandas.DataFrame({"a": [1]}).a[0])
"""


@pytest.mark.slow
def test_the_worker_loads_nothing_that_training_never_uses() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=workspace.PROJECT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines() == ["", "1"]


@pytest.fixture
def unused(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that is not loaded yet, and counts as one that training never uses."""
    name = "this"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(lean, "UNUSED", frozenset({name}))
    return name


def test_only_this_thread_does_without(unused: str) -> None:
    found = []
    with lean.imports():
        with pytest.raises(ModuleNotFoundError, match="this is not needed here"):
            importlib.import_module(unused)
        other = threading.Thread(target=lambda: found.append(importlib.util.find_spec(unused)))
        other.start()
        other.join(10)
    assert found
    assert found[0] is not None
    assert importlib.util.find_spec(unused) is not None


def test_an_error_ends_it_too(unused: str) -> None:
    before = list(sys.meta_path)
    with pytest.raises(ModuleNotFoundError):
        lean.load("no_such_module_of_ours")
    assert sys.meta_path == before


@pytest.mark.parametrize(("backend", "is_hidden"), [("tensorflow", True), ("jax", False)])
def test_jax_keeps_what_it_needs(unused: str, backend: str, is_hidden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr(lean, "UNUSED", frozenset())
    monkeypatch.setattr(lean, "UNUSED_BY_TENSORFLOW", frozenset({unused}))
    with lean.imports():
        if is_hidden:
            with pytest.raises(ModuleNotFoundError):
                importlib.util.find_spec(unused)
        else:
            assert importlib.util.find_spec(unused) is not None
