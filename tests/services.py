"""The services of fabricated models. Needs ONNX and ONNX Runtime, without which the tests are skipped."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answering import shelf
from core.answering.shelf import Model
from core.exporting import service
from tests.fabricated import saved_model

onnx = pytest.importorskip("onnx", reason="needs ONNX: pip install onnx")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install onnxruntime")

from benchmarks import _onnx  # noqa: E402 (it imports ONNX)


def as_onnx(model: Model, path: Path, classes: int = 3) -> Path:
    """Write a model of tests.fabricated as ONNX; with other than 3 classes, with a head of its own."""
    kernel = None if classes == 3 else np.random.default_rng(classes).normal(0, 0.02, (3, classes)).astype(np.float32)
    onnx.save(_onnx.of_mean_colours(model, kernel), path)
    return path


def exported(folder: Path, name: str = "colours", classes: int = 3, **more: Any) -> Path:
    """Save a model and write its service."""
    model = shelf.read(saved_model(name, **more))
    path = folder / f"{name}.zip"
    service.write(as_onnx(model, folder / f"{name}.onnx", classes), model, path)
    return path


def unzipped(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.with_suffix(""))
    return path.with_suffix("")
