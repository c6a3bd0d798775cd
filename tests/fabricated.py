"""Saved models made in a millisecond, without Keras: what they answer is the brightest of red, green and blue."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core import workspace
from core.answering.head import Head
from core.files import atomic

LABELS = ("red", "green", "blue")
SIZE = 8  # px


def colour_backbone(size: int = SIZE) -> bytes:
    """A real LiteRT file whose feature map is the photo itself and whose pooled vector is its mean colour."""
    photo, batches = [1, size, size, 3], [-1, size, size, 3]
    tensors = [
        _tensor("photos", photo, batches, schema.TensorType.UINT8),
        _tensor("map", photo, batches, schema.TensorType.FLOAT32),
        _tensor("axes", [2], None, schema.TensorType.INT32, buffer=1),
        _tensor("pooled", [1, 3], [-1, 3], schema.TensorType.FLOAT32),
    ]
    cast, mean = schema.CastOptionsT(), schema.ReducerOptionsT()
    cast.inDataType, cast.outDataType = schema.TensorType.UINT8, schema.TensorType.FLOAT32
    graph, model = schema.SubGraphT(), schema.ModelT()
    graph.tensors, graph.inputs, graph.outputs = tensors, [0], [1, 3]
    graph.operators = [
        _operator(0, [0], [1], schema.BuiltinOptions.CastOptions, cast),
        _operator(1, [1, 2], [3], schema.BuiltinOptions.ReducerOptions, mean),
    ]
    axes = schema.BufferT()
    axes.data = np.array([1, 2], np.int32).view(np.uint8)
    model.version, model.subgraphs, model.buffers = 3, [graph], [schema.BufferT(), axes]
    model.operatorCodes = [_code(schema.BuiltinOperator.CAST), _code(schema.BuiltinOperator.MEAN)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name: str, shape: list[int], signature: list[int] | None, kind: int, buffer: int = 0) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.shapeSignature, tensor.type, tensor.buffer = name, shape, signature, kind, buffer
    return tensor


def _operator(code: int, inputs: list[int], outputs: list[int], kind: int, options: Any) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator


def _code(builtin: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 1
    return code


def saved_model(name: str, shelf: Path | None = None, validation: float = 0.5, **card: Any) -> Path:
    """Write a whole saved model; `validation` is the accuracy on its card, on which other fields may be set too."""
    folder = (shelf or workspace.models()) / name
    folder.mkdir(parents=True)
    (folder / "backbone.tflite").write_bytes(colour_backbone())
    kernel = np.eye(3, dtype=np.float32) / 25.5  # a full colour beside none: logits 10 and 0
    Head((kernel,), (np.zeros(3, np.float32),), "relu").save(folder / "head.npz")
    np.savez(folder / "stats.npz", vectors=np.eye(3, dtype=np.float16))
    atomic.write_json(
        folder / "card.json",
        {
            "version": 1,
            "name": name,
            "created": "2025-06-01T12:00:00+00:00",
            "labels": list(LABELS),
            "image_size": SIZE,
            "temperature": 1.0,
            "thresholds": {"probability": 0.9, "similarity": 0.3},  # to the three known vectors at least a third
            "dataset": "own",
            "scores": {
                "validation": {
                    "accuracy": validation,
                    "correct": round(100 * validation),
                    "count": 100,
                    "interval": [validation / 2, (1 + validation) / 2],
                }
            },
            **card,
        },
    )
    return folder


def flat(red: int, green: int, blue: int, side: int = 12) -> np.ndarray:
    """A photo of one colour: uint8 (side, side, 3)."""
    return np.full((side, side, 3), (red, green, blue), np.uint8)
