"""The registry of forms, and making a saved model's file: what every page and the shell rely on."""

import errno
import importlib.util
import os
import re
import shutil
from pathlib import Path

import pytest

from core import workspace
from core.answering import shelf
from core.answering.shelf import Model
from core.errors import AppError, ModelError, SettingsError
from core.exporting import forms, libraries, making, manual, onnx_file
from core.exporting.forms import FORMS, KERAS, ONNX, Form
from core.files import waiting
from tests.fabricated import saved_model

PAGE = Form("page", "Page", "One page.", ".html", writer="core.exporting.a_page", libraries=("zipfile",))


@pytest.fixture
def model() -> Model:
    return shelf.read(saved_model("colours"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were run; each writes a file with its name."""
    modules: list[str] = []

    def run(module: str, arguments: list[str], report: object) -> None:
        modules.append(module)
        Path(arguments[2]).write_text(f"{module} {len(modules)}")

    monkeypatch.setattr(waiting, "run", run)
    return modules


# The registry


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_says_what_it_is_and_who_makes_it(form: Form):
    assert FORMS[form.key] is form
    assert re.fullmatch(r"[a-z_]+", form.key)
    assert re.fullmatch(r"(\.[a-z_]+)+", form.suffix)
    assert re.match(r"[A-Z].*\.$", form.sentence)
    assert bool(form.command) != bool(form.writer)
    module = form.command or form.writer
    assert module.startswith("models." if form.command else "core.exporting.")
    text = " ".join((workspace.PROJECT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8").split())
    parameters = "model: Model, path: Path" if form.command else "onnx_path: Path, model: (shelf.)?Model, path: Path"
    assert re.search(rf" def write\( ?{parameters}(, [^)]*)?\) -> None:", text)  # and what has a default
    assert bool(form.writer) <= bool(form.libraries)  # an ONNX file needs some
    assert form.file_name("my model") == f"my model{form.suffix}"


def test_a_key_or_a_suffix_is_refused_twice():
    with pytest.raises(ValueError, match="of its own"):
        forms.registry(KERAS, ONNX, KERAS)
    with pytest.raises(ValueError, match="of its own"):
        forms.registry(KERAS, Form("other", "Other", "Another.", KERAS.suffix, command="models.other"))


def test_an_unknown_form_is_a_sentence():
    with pytest.raises(SettingsError, match=r"must be one of web, onnx, .*, got 'pickle'\."):
        forms.form("pickle")


def test_the_libraries_are_those_of_the_requirements():
    text = (workspace.PROJECT / "requirements-export.txt").read_text(encoding="utf-8")
    listed = re.findall(r"^([a-z0-9]+)[><=~]", text, re.MULTILINE)
    assert set(listed) == set(libraries.ONNX)
    assert libraries.COMMAND == "pip install -r requirements-export.txt"


# Making a file


def test_what_keras_makes_is_written_by_its_process_with_a_text_beside_it(model, made, tmp_path):
    making.make(model, "keras", tmp_path / "мой.keras")
    assert made == ["models.keras_file"]
    assert (tmp_path / "мой.keras").read_text() == "models.keras_file 1"
    assert making.text_of(tmp_path / "мой.keras").read_text(encoding="utf-8") == manual.text(model, KERAS)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_second_onnx_file_is_the_cached_one(model, made, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        making.make(model, "onnx", tmp_path / name)
        assert (tmp_path / name).read_text() == "models.onnx_model 1"
    assert made == ["models.onnx_model"]
    assert len(list((workspace.cache() / onnx_file.KIND).iterdir())) == 1


@pytest.mark.parametrize("change", ["card.json", "head.npz", "cache"])
def test_a_changed_model_or_a_damaged_cache_makes_it_anew(model, made, tmp_path, change):
    making.make(model, "onnx", tmp_path / "a.onnx")
    (cached,) = (workspace.cache() / onnx_file.KIND).iterdir()
    changed = cached if change == "cache" else model.folder / change
    changed.write_bytes(changed.read_bytes() + b" ")
    making.make(model, "onnx", tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").read_text() == "models.onnx_model 2"
    assert (cached in (workspace.cache() / onnx_file.KIND).iterdir()) == (change != "cache")


def test_a_form_made_of_the_onnx_file_is_one_record_and_one_module(model, made, tmp_path, monkeypatch):
    """A page or a service: its module gets the ONNX file, the model and the path."""
    calls = []

    class Writer:
        @staticmethod
        def write(onnx_path: Path, model: Model, path: Path) -> None:
            calls.append((onnx_path.read_text(), model.name, path))
            path.write_text("a page")

    monkeypatch.setitem(FORMS, "page", PAGE)
    monkeypatch.setattr(making.importlib, "import_module", {"core.exporting.a_page": Writer}.__getitem__)
    reports: list[tuple[float, str]] = []
    making.make(model, "page", tmp_path / "a.html", lambda share, words: reports.append((share, words)))
    assert calls == [("models.onnx_model 1", "colours", tmp_path / "a.html")]
    assert [file.name for file in tmp_path.iterdir()] == ["a.html"]  # it explains itself
    assert reports[-1] == (0.9, "Writing the Page file")


def test_what_is_missing_or_wrong_is_a_sentence(model, made, tmp_path, monkeypatch):
    with pytest.raises(SettingsError, match="'pickle'"):
        making.make(model, "pickle", tmp_path / "a")
    with pytest.raises(ModelError, match=r"nowhere does not exist. Create it first"):
        making.make(model, "keras", tmp_path / "nowhere" / "a.keras")
    with pytest.raises(ModelError, match="must not be a folder"):
        making.make(model, "keras", tmp_path)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tf2onnx" else find(name))
    with pytest.raises(AppError, match=r"^ONNX needs libraries .*: run `pip install -r requirements-export\.txt`"):
        making.make(model, "onnx", tmp_path / "a.onnx")
    assert made == []
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_was_deleted_meanwhile_is_a_sentence(model, made, tmp_path):
    shutil.rmtree(model.folder)
    with pytest.raises(ModelError, match=r"\.(json|tflite) is missing or damaged"):
        making.make(model, "onnx", tmp_path / "a.onnx")


def test_a_full_disk_is_a_sentence(model, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "a.keras"))

    monkeypatch.setattr(waiting, "run", full)
    with pytest.raises(AppError, match=r"The disk is full: .*a\.keras can't be written"):
        making.make(model, "keras", tmp_path / "a.keras")


def test_a_half_written_onnx_file_does_not_stay_in_the_cache(model, tmp_path, monkeypatch):
    def dies(module: str, arguments: list[str], report: object) -> None:
        Path(arguments[2]).write_bytes(b"half")
        raise ModelError("The sentence.")

    monkeypatch.setattr(waiting, "run", dies)
    with pytest.raises(ModelError, match="The sentence"):
        making.make(model, "onnx", tmp_path / "a.onnx")
    assert list((workspace.cache() / onnx_file.KIND).iterdir()) == []
    assert list(tmp_path.iterdir()) == []
