"""The process of models/ that makes a file with Keras or TensorFlow: it reports how far it is, and why it failed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core import words, workspace
from core.answering.shelf import Model
from core.errors import ModelError
from core.files.background import Report

MOST_ERROR = 20_000  # bytes of what it prints that are read
TRACEBACK = "Traceback (most recent call last)"


def run(module: str, model: Model, path: Path, report: Report) -> None:
    """Run `python -m module MODEL --out FILE` to its end. Raises ModelError with the sentence that it ends with."""
    command = [sys.executable, "-m", module, str(model.folder), "--out", str(path)]
    environment = {
        **os.environ,
        "FITTING_ROOM_HOME": str(workspace.home()),
        "KERAS_BACKEND": "tensorflow",  # the only one that writes all forms
        "CUDA_VISIBLE_DEVICES": "-1",  # a GPU may be busy with training, and is not faster here
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
    }
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            cwd=workspace.PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                _report(line, report)
            status = process.wait()
        except BaseException:
            process.kill()
            raise
        if status:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - MOST_ERROR))
            raise ModelError(_sentence(status, errors.read().decode("utf-8", "replace")))


def _report(line: str, report: Report) -> None:
    """Pass a line such as '0.25 Converting the network' on."""
    share, _, stage = line.strip().partition(" ")
    try:
        report(min(1.0, max(0.0, float(share))), words.printable(stage))
    except ValueError:
        return  # something else that a library prints


def _sentence(status: int, printed: str) -> str:
    """Why the process failed: its own sentence, or what Python said last."""
    last = words.printable((printed.strip().splitlines() or [""])[-1])
    if status == 1 and last and TRACEBACK not in printed:
        return last
    reason = last if TRACEBACK in printed else f"its process ended with status {status}, perhaps for lack of memory"
    return f"The file could not be made ({reason})."
