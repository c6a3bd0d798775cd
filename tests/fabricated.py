"""Saved models made in a millisecond, without Keras. They answer the brightest of red, green and blue."""

import json
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core import workspace
from core.answering.card import Card
from core.answering.head import Head
from core.files import atomic
from core.runs.records import Epoch

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


def scores(accuracy: float = 0.5, **more: Any) -> dict[str, Any]:
    """The scores of a split as in files: so many of 100 photos, unless `more` has other fields."""
    return {
        "accuracy": accuracy,
        "correct": round(100 * accuracy),
        "count": 100,
        "interval": [accuracy / 2, (1 + accuracy) / 2],
        **more,
    }


def report(validation: float = 0.5, test: float | None = None, **more: Any) -> dict[str, Any]:
    """The content of a run's report.json. `more` adds or replaces fields."""
    splits = {"validation": scores(validation)} | ({} if test is None else {"test": scores(test)})
    return {"labels": list(LABELS), "best_epoch": 0, "scores": splits, "model": "colours", **more}


def epoch(number: int, **more: Any) -> Epoch:
    """A whole epoch with ordinary figures. `more` replaces fields."""
    return Epoch(**{"epoch": number, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5, **more})


def card_fields(name: str = "colours", validation: float = 0.5, **more: Any) -> dict[str, Any]:
    """The content of a saved model's card.json. `more` adds or replaces fields; scores need at least an accuracy."""
    splits = more.pop("scores", {"validation": {"accuracy": validation}})
    return {
        "version": 1,
        "name": name,
        "created": "2025-06-01T12:00:00+00:00",
        "labels": list(LABELS),
        "image_size": SIZE,
        "temperature": 1.0,
        "thresholds": {"probability": 0.9, "similarity": 0.3},  # any colour has at least a third
        "dataset": "own",
        "scores": {split: scores(**score) for split, score in splits.items()},
        **more,
    }


def card(**more: Any) -> Card:
    """The card with these fields. Raises ValidationError."""
    return Card.model_validate_json(json.dumps(card_fields(**more)))


def saved_model(name: str, shelf: Path | None = None, validation: float = 0.5, **more: Any) -> Path:
    """Write a complete saved model. `validation` is the accuracy on its card; `more` are other fields of the card."""
    folder = (shelf or workspace.models()) / name
    folder.mkdir(parents=True)
    (folder / "backbone.tflite").write_bytes(colour_backbone())
    kernel = np.eye(3, dtype=np.float32) / 25.5  # a full colour beside none: logits 10 and 0
    Head((kernel,), (np.zeros(3, np.float32),), "relu").save(folder / "head.npz")
    np.savez(folder / "stats.npz", vectors=np.eye(3, dtype=np.float16))
    atomic.write_json(folder / "card.json", card_fields(name, validation, **more))
    return folder


def flat(red: int, green: int, blue: int, side: int = 12) -> np.ndarray:
    """A photo of one colour: uint8 (side, side, 3)."""
    return np.full((side, side, 3), (red, green, blue), np.uint8)
