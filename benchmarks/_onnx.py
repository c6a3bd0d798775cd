"""A saved model as ONNX, as the service expects it: `python -m benchmarks._onnx MODEL FILE`, without Keras.

The network comes from the saved model's LiteRT file; head, temperature and likeness are added as operators. It knows
heads of one layer.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.answering import head, likeness, model_files, shelf
from core.answering.likeness import Subspace
from core.answering.shelf import Model

OPSET, IR = 17, 8
FLOAT = TensorProto.FLOAT


def of_saved(model: Model) -> onnx.ModelProto:
    """The model as ONNX, by way of tf2onnx. Imports TensorFlow."""
    from tf2onnx import convert

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        convert.from_tflite(str(model.folder / model_files.BACKBONE), opset=OPSET, output_path=str(file))
        network = onnx.load(file)
    pooled = min(network.graph.output, key=lambda output: len(output.type.tensor_type.shape.dim)).name
    network.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "photos"
    top = head.load(model.folder / "head.npz")
    assert len(top.kernels) == 1
    return finished(network.graph, pooled, model, top.kernels[0], top.biases[0])


def of_mean_colours(model: Model, kernel: NDArray[np.float32] | None = None) -> onnx.ModelProto:
    """A network whose pooled vector is the mean colour, as that of tests.fabricated, with its head or another one of
    (3, classes)."""
    size = model.card.image_size
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["photos"], ["levels"], to=FLOAT),
            helper.make_node("ReduceMean", ["levels"], ["pooled"], axes=[1, 2], keepdims=0),
        ],
        "colours",
        [helper.make_tensor_value_info("photos", TensorProto.UINT8, ["photos", size, size, 3])],
        [],
    )
    if kernel is None:
        kernel = head.load(model.folder / "head.npz").kernels[0]
    return finished(graph, "pooled", model, kernel, np.zeros(kernel.shape[1], np.float32))


def finished(
    graph: onnx.GraphProto, pooled: str, model: Model, kernel: NDArray[np.float32], bias: NDArray[np.float32]
) -> onnx.ModelProto:
    """The network with the outputs and the metadata that the service reads. `pooled` is the name of its vectors."""
    measure = likeness.uncorrected(likeness.load(model.folder / "stats.npz"))
    axes = measure.axes if isinstance(measure, Subspace) else measure.vectors.T
    _constants(graph, kernel=kernel, bias=bias, heat=np.float32(model.card.temperature), axes=axes)
    node = helper.make_node
    graph.node.extend(
        [
            node("MatMul", [pooled, "kernel"], ["product"]),
            node("Add", ["product", "bias"], ["logits"]),
            node("Div", ["logits", "heat"], ["scaled"]),
            node("Softmax", ["scaled"], ["probabilities"], axis=-1),
            node("LpNormalization", [pooled], ["unit"], axis=1, p=2),
            node("MatMul", ["unit", "axes"], ["cosines"]),
            *(_of_subspace(graph) if isinstance(measure, Subspace) else _of_neighbours(graph, axes.shape[1])),
        ]
    )
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info("probabilities", FLOAT, ["photos", kernel.shape[1]]),
            helper.make_tensor_value_info("similarity", FLOAT, ["photos"]),
        ]
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    helper.set_model_props(network, facts(model))
    onnx.checker.check_model(network)
    return network


def facts(model: Model) -> dict[str, str]:
    """The metadata."""
    limits = {str(rate): limit.model_dump() for rate, limit in model.card.limits.items()}
    return {
        "labels": json.dumps(model.labels),
        "image_size": str(model.card.image_size),
        "temperature": str(model.card.temperature),
        "thresholds": json.dumps(limits),
        "model": model.name,
        "created": model.created,
        "manual": "",
    }


def _of_subspace(graph: onnx.GraphProto) -> list[Any]:
    _constants(graph, most=np.float32(1))
    return [
        helper.make_node("ReduceL2", ["cosines"], ["length"], axes=[1], keepdims=0),
        helper.make_node("Min", ["length", "most"], ["similarity"]),
    ]


def _of_neighbours(graph: onnx.GraphProto, count: int) -> list[Any]:
    _constants(graph, nearest=np.array([min(likeness.NEIGHBOURS, count)], np.int64))
    return [
        helper.make_node("TopK", ["cosines", "nearest"], ["best", "places"], axis=1),
        helper.make_node("ReduceMean", ["best"], ["similarity"], axes=[1], keepdims=0),
    ]


def _constants(graph: onnx.GraphProto, **arrays: NDArray[Any] | np.generic) -> None:
    graph.initializer.extend(numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items())


if __name__ == "__main__":
    onnx.save(of_saved(shelf.model(sys.argv[1])), sys.argv[2])
