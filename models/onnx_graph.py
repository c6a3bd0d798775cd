"""The parts of a saved model as ONNX operators: the backbone, the head, the softmax, the likeness."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from core.answering.head import Head
from core.answering.likeness import NEIGHBOURS, Corrected, Likeness, Neighbours, Undecided, of_vectors, uncorrected

PREFIX = "answer/"  # of all names, so that none is also a name in the backbone
FEW = 256  # numbers; a smaller array is not worth another operator

Array = NDArray[np.float32]


class Graph:
    """Operators and constants in the making. Names of tensors go in and out."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add an operator of one output, and return the output's name."""
        name = output or f"{PREFIX}{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=f"{PREFIX}{len(self.nodes)}", **attributes))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        """Add an array, and return its name."""
        stored = numpy_helper.from_array(np.ascontiguousarray(value), f"{PREFIX}constant_{len(self.constants)}")
        return self.tensor(stored)

    def number(self, value: float) -> str:
        """Add a float32 number, and return its name."""
        return self.constant(np.array(value, np.float32))

    def tensor(self, tensor: onnx.TensorProto) -> str:
        """Add a constant under its name: in 16 bits if no digit is lost, for half the size of the file."""
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < FEW or not _fits_16_bits(value):
            self.constants.append(tensor)
            return tensor.name
        halved = f"{tensor.name}/16"
        self.constants.append(numpy_helper.from_array(value.astype(np.float16), halved))
        return self.add("Cast", halved, output=tensor.name, to=onnx.TensorProto.FLOAT)


def _fits_16_bits(value: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool((value.astype(np.float16).astype(np.float32) == value).all())


def add_backbone(graph: Graph, operators: Iterable[onnx.NodeProto]) -> None:
    """Add the operators of a converted network. tf2onnx leaves LiteRT's GELU as it is; here it becomes its formula."""
    for node in operators:
        is_tanh = any(attribute.name == "approximate" and attribute.i for attribute in node.attribute)
        if node.op_type == "TFL_GELU" and not is_tanh:
            _gelu(graph, node.input[0], node.output[0])
        else:
            graph.nodes.append(node)


def add_logits(graph: Graph, head: Head, vectors: str) -> str:
    """The logits (photos, classes) of pooled vectors, as `core.answering.head` computes them."""
    x = vectors
    for place, (kernel, bias) in enumerate(zip(head.kernels, head.biases, strict=True)):
        if place:
            x = _activation(graph, head.activation, x)
        x = graph.add("Add", graph.add("MatMul", x, graph.constant(kernel)), graph.constant(bias))
    return x


def add_probabilities(graph: Graph, temperature: float, logits: str, output: str) -> None:
    """The probabilities (photos, classes) of logits."""
    graph.add("Softmax", graph.add("Div", logits, graph.number(temperature)), output=output, axis=1)


def _activation(graph: Graph, key: str, x: str) -> str:
    if key != "gelu":
        return graph.add({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[key], x)
    return _gelu(graph, x)


def _gelu(graph: Graph, x: str, output: str = "") -> str:
    """Half of x (1 + erf(x / √2)) (Hendrycks and Gimpel 2016, arXiv:1606.08415); ONNX has it since opset 20 only."""
    erf = graph.add("Erf", graph.add("Mul", x, graph.number(1 / math.sqrt(2))))
    share = graph.add("Mul", graph.add("Add", erf, graph.number(1)), graph.number(0.5))
    return graph.add("Mul", x, share, output=output)


def add_similarity(graph: Graph, likeness: Likeness, vectors: str, logits: str, output: str) -> None:
    """The similarity (photos,) of pooled vectors and their logits, as `core.answering.likeness` computes it."""
    length = graph.add("ReduceL2", vectors, axes=[1], keepdims=1)
    unit = graph.add("Div", vectors, graph.add("Max", length, graph.number(1e-12)))
    corrected, measure = of_vectors(likeness), uncorrected(likeness)
    if isinstance(measure, Neighbours):
        cosines = graph.add("MatMul", unit, graph.constant(measure.vectors.T))
        nearest = graph.constant(np.array([min(NEIGHBOURS, len(measure.vectors))], np.int64))
        similarity = graph.add("ReduceMean", _largest(graph, cosines, nearest), axes=[1], keepdims=0)
    else:
        lengths = graph.add("ReduceL2", graph.add("MatMul", unit, graph.constant(measure.axes)), axes=[1], keepdims=0)
        similarity = graph.add("Min", lengths, graph.number(1))
    if isinstance(corrected, Corrected):
        odds = graph.add("MatMul", vectors, graph.constant(corrected.kernel[:, None]))
        odds = graph.add("Add", odds, graph.number(corrected.bias))
        odds = graph.add("Clip", odds, graph.number(-60), graph.number(60))
        odds = graph.add("ReduceSum", odds, graph.constant(np.array([1], np.int64)), keepdims=0)  # (photos,)
        similarity = graph.add("Div", similarity, graph.add("Add", graph.add("Exp", odds), graph.number(1)))
    if isinstance(likeness, Undecided):
        logarithms = graph.add("LogSoftmax", logits, axis=1)
        products = graph.add("Mul", graph.add("Exp", logarithms), logarithms)
        entropy = graph.add("ReduceSum", products, graph.constant(np.array([1], np.int64)), keepdims=0)  # times -1
        similarity = graph.add("Add", similarity, graph.add("Mul", entropy, graph.number(likeness.weight)))
    graph.add("Identity", similarity, output=output)


def _largest(graph: Graph, rows: str, count: str) -> str:
    """The largest values of each row."""
    values = f"{PREFIX}largest"
    graph.nodes.append(helper.make_node("TopK", [rows, count], [values, f"{PREFIX}places"], name=f"{PREFIX}topk"))
    return values
