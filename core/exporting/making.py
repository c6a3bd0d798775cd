"""Makes a saved model's file in any form. The pages and the shell call this."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from core.answering.shelf import Model
from core.errors import AppError, ModelError
from core.exporting import forms, manual, onnx_file
from core.exporting.forms import Form
from core.files import atomic, storage_errors, waiting
from core.files.background import Report

WRITING = 0.9  # share of the time after which the ONNX file is there


def make(
    model: Model,
    key: str,
    path: Path,
    report: Report = lambda share, words: None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Write a saved model as the form `key`, with a text beside it unless the file explains itself.

    The file is compared with the saved model's answers before it is put in place; until then an older file stays.
    `names` are what the form shows instead of some of the labels. Raises AppError: its sentence says what is missing,
    damaged or full.
    """
    form = forms.form(key)
    form.check(names)
    if not path.parent.is_dir():
        raise ModelError(f"The folder {path.parent} does not exist. Create it first.")
    if path.is_dir():
        raise ModelError(f"The file to write, {path}, must not be a folder. Choose another name.")
    try:
        _write(form, model, path, report, names)
        if form.usage:
            atomic.write(text_of(path), lambda file: file.write(manual.text(model, form).encode()))
    except OSError as error:
        if not model.folder.is_dir():
            raise ModelError(f"The saved model {model.name!r} was deleted meanwhile. Choose another model.") from error
        raise AppError(storage_errors.sentence(error) or f"{error.filename or path}: {error.strerror}") from error


def text_of(path: Path) -> Path:
    """The text beside an exported file."""
    return path.with_name(f"{path.name}.txt")


def _write(form: Form, model: Model, path: Path, report: Report, names: Mapping[str, str] | None) -> None:
    if form.command:
        waiting.run(form.command, [str(model.folder), "--out", str(path)], report)
        return
    with onnx_file.of(model, lambda share, words: report(WRITING * share, words)) as onnx_path:
        report(WRITING, f"Writing the {form.label} file")
        write = importlib.import_module(form.writer).write
        if form.has_names:
            write(onnx_path, model, path, names, progress=lambda words: report(WRITING, words))
        else:
            write(onnx_path, model, path)
