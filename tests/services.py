"""The services of fabricated models."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.answering import head, shelf
from core.answering.shelf import Model
from core.exporting import service
from tests.fabricated import saved_model

FLOAT = TensorProto.FLOAT


def as_onnx(model: Model, path: Path, classes: int = 3) -> Path:
    """Write a model of tests.fabricated as ONNX, without TensorFlow; with other than 3 classes, its answers are
    random."""
    kernel = head.load(model.folder / "head.npz").kernels[0]
    if classes != 3:
        kernel = np.random.default_rng(classes).normal(0, 0.02, (3, classes)).astype(np.float32)
    network = helper.make_model(_graph(model, kernel), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    limits = {f"{rate:g}": limit.model_dump() for rate, limit in model.card.limits.items()}
    facts = {"labels": json.dumps(model.labels), "thresholds": json.dumps(limits), "model": model.name}
    helper.set_model_props(network, {**facts, "image_size": str(model.card.image_size), "created": model.created})
    onnx.save(network, path)
    return path


def _graph(model: Model, kernel: NDArray[np.float32]) -> onnx.GraphProto:
    size, node = model.card.image_size, helper.make_node
    nodes = [
        node("Cast", ["photos"], ["levels"], to=FLOAT),
        node("ReduceMean", ["levels"], ["pooled"], axes=[1, 2], keepdims=0),
        node("MatMul", ["pooled", "kernel"], ["logits"]),
        node("Softmax", ["logits"], ["probabilities"], axis=1),
        node("ReduceL2", ["pooled"], ["length"], axes=[1], keepdims=1),
        node("Div", ["pooled", "length"], ["unit"]),
        node("ReduceMean", ["unit"], ["similarity"], axes=[1], keepdims=0),  # its neighbours are red, green and blue
    ]
    photos = helper.make_tensor_value_info("photos", TensorProto.UINT8, ["n", size, size, 3])
    shapes = {"probabilities": ["n", kernel.shape[1]], "similarity": ["n"]}
    outputs = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in shapes.items()]
    return helper.make_graph(nodes, "colours", [photos], outputs, [numpy_helper.from_array(kernel, "kernel")])


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
