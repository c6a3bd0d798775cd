"""The optional libraries that write other forms of a model, and how to install them."""

import importlib.util

from core.errors import AppError

COMMAND = "pip install -r requirements-export.txt"
ONNX = ("onnx", "tf2onnx", "onnxruntime")  # the modules that write an ONNX file and compare it with our answers


def check(what: str, modules: tuple[str, ...]) -> None:
    """Raise AppError if a module is missing. `what` is what needs it, such as "An ONNX file".

    Looks at files only; importing them takes seconds.
    """
    if any(importlib.util.find_spec(module) is None for module in modules):
        raise AppError(f"{what} needs libraries that are not installed: run `{COMMAND}` in the program's environment.")
