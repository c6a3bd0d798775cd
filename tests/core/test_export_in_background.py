"""A model's file in the making: what a page sees before, meanwhile and afterwards."""

import contextlib
import importlib.util
from pathlib import Path

import pytest

from core.answering import shelf
from core.answering.shelf import Model
from core.errors import AppError, ModelError
from core.exporting import background, onnx_file, web
from core.files import atomic, cache, processes, waiting
from tests.fabricated import saved_model


@pytest.fixture
def model() -> Model:
    return shelf.read(saved_model("colours"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The processes that would have been started."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: calls.append((module, *arguments)))
    return calls


def write(module: str, arguments: list[str], report: object) -> None:
    Path(arguments[2]).write_text(module)


def test_a_page_starts_it_once_and_gets_the_file(model, started, monkeypatch):
    monkeypatch.setattr(waiting, "run", write)
    assert (background.status(model, "keras"), background.file(model, "keras")) == (None, None)
    for _ in range(2):
        background.start(model, "keras")
    assert started == [("core.exporting.background", str(model.folder), "keras", "{}")]
    assert background.status(model, "keras").running
    background._main(*started[0][1:])
    status = background.status(model, "keras")
    assert (status.share, status.running, status.error) == (1.0, False, "")
    path = background.file(model, "keras")
    assert (path.name, path.read_text()) == ("colours.keras", "models.keras_file")
    assert background.status(model, "tflite") is None
    cache.clean()
    assert (background.status(model, "keras"), background.file(model, "keras")) == (None, None)


def test_another_version_of_the_model_has_no_file_yet(model, started, monkeypatch):
    monkeypatch.setattr(waiting, "run", write)
    background.start(model, "keras")
    background._main(str(model.folder), "keras", "{}")
    assert background.file(model, "keras")
    card = atomic.read_json(model.folder / "card.json")
    atomic.write_json(model.folder / "card.json", {**card, "temperature": 2.0})
    assert background.file(shelf.read(model.folder), "keras") is None


def test_what_fails_is_a_sentence_and_can_be_forgotten(model, started, monkeypatch):
    def fail(*_: object) -> None:
        raise ModelError("The sentence.")

    monkeypatch.setattr(waiting, "run", fail)
    background.start(model, "keras")
    background._main(str(model.folder), "keras", "{}")
    assert background.status(model, "keras").error == "The sentence."
    assert background.file(model, "keras") is None
    background.forget(model, "keras")
    assert background.status(model, "keras") is None


def test_missing_libraries_are_said_at_once(model, started, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnx" else find(name))
    with pytest.raises(AppError, match=r"run `pip install -r requirements-export\.txt`"):
        background.start(model, "onnx")
    assert started == []


def test_other_names_make_another_file(model, started, monkeypatch):
    def write(onnx_path: Path, model: Model, path: Path, names: dict[str, str], progress: object) -> None:
        path.write_text(", ".join(names.get(label, label) for label in model.labels))

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(web, "write", write)
    monkeypatch.setattr(onnx_file, "of", lambda model, report: contextlib.nullcontext(model.folder))
    others = {model.labels[0]: "Röcke"}
    for names in ({}, others):
        background.start(model, "web", names)
        background._main(*started[-1][1:])
    assert background.file(model, "web").read_text() == ", ".join(model.labels)
    assert background.file(model, "web", others).read_text().startswith("Röcke, ")
    with pytest.raises(AppError, match="keeps the model's own labels"):
        background.start(model, "service", others)
