"""A saved model as a web service: a zip with the network as ONNX, a small FastAPI app, Dockerfiles and instructions.

The files in service_files/ are packed as they are; only README.md is filled in. Whatever the service needs to know
about the model, it reads from the metadata in model.onnx.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import Template
from typing import BinaryIO

from core import words
from core.answering.card import Scores
from core.answering.shelf import Model
from core.errors import ModelError
from core.exporting import libraries, manual
from core.files import atomic, regular

FILES = Path(__file__).with_name("service_files")
PACKED = (
    "app.py", "classifier.py", "lambda_function.py", "download.py", "requirements.txt", "Dockerfile",
    "Dockerfile.lambda", "test.sh",
)  # fmt: skip
PROGRAMS = ("test.sh",)
MODEL = "model.onnx"
MOST_BYTES = 2_000_000_000  # of a model: the limit of ONNX without files beside it
LIBRARIES_MB = 194  # requirements.txt as installed on Linux with Python 3.11, without pip; `python -m benchmarks.serve`
BASE_MB = 130  # of python:3.12-slim
EARLIEST = 1980  # year; zips can't hold an earlier date


def write(onnx_path: Path, model: Model, path: Path) -> None:
    """Write the service for a model to `path`, a .zip. `onnx_path` is the model as ONNX.

    The same model always gives the same bytes. Raises ModelError if the ONNX file is missing, damaged or belongs to
    another model; AppError if ONNX Runtime, which checks that, is missing; OSError if `path` can't be written.
    """
    try:
        network = regular.read(onnx_path, MOST_BYTES)
    except OSError as error:
        raise ModelError(f"{onnx_path} can't be read ({error.strerror}). Export the model again.") from error
    _check(network, model, onnx_path)
    atomic.write(path, lambda file: _write_zip(model, network, file))


def _check(network: bytes, model: Model, path: Path) -> None:
    """Raise ModelError unless the ONNX file loads and answers with the model's labels."""
    libraries.check("The service", ("onnxruntime",))
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
        facts = session.get_modelmeta().custom_metadata_map
        labels, size = json.loads(facts["labels"]), int(facts["image_size"])
    except Exception as error:  # its errors are many, and have no common class below Exception
        raise ModelError(f"{path} is damaged or has no labels. Export the model again.") from error
    if (labels, size) != ([*model.labels], model.card.image_size):
        raise ModelError(
            f"{path} must have the labels and the image size of the model {words.quoted(model.name)}. Export the model "
            "again."
        )


def _write_zip(model: Model, network: bytes, file: BinaryIO) -> None:
    date = _date(model.created)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _contents(model, network):
            entry = zipfile.ZipInfo(name, date)
            entry.create_system = 3  # Unix, on every system: the bytes must be the same
            entry.external_attr = (0o100755 if name in PROGRAMS else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def _date(created: str) -> tuple[int, int, int, int, int, int]:
    """The model's date for the entries of a zip."""
    try:
        date = datetime.fromisoformat(created)
    except ValueError:  # edited by hand
        date = datetime.min
    if date.year < EARLIEST:
        date = datetime(EARLIEST, 1, 1)
    return (date.year, date.month, date.day, date.hour, date.minute, date.second)


def _contents(model: Model, network: bytes) -> Iterator[tuple[str, bytes]]:
    yield "README.md", _readme(model, len(network)).encode()
    for name in PACKED:
        yield name, (FILES / name).read_bytes().replace(b"\r\n", b"\n")  # a checkout on Windows may have these
    yield "labels.txt", manual.labels(model).encode()
    yield MODEL, network


def _readme(model: Model, size: int) -> str:
    model_mb = max(1, round(size / 1e6))
    return Template((FILES / "README.md").read_text(encoding="utf-8")).substitute(
        name=_plain(model.name),
        classes=words.classes(len(model.labels)),
        size=model.card.image_size,
        created=_plain(model.created[:10]),
        quality=_quality(model),
        licence=f"\n{_plain(model.card.licence)}\n" if model.card.licence else "",
        image_mb=BASE_MB + LIBRARIES_MB + model_mb,
        libraries_mb=LIBRARIES_MB,
        model_mb=model_mb,
        rates=", ".join(f"{rate:g}" for rate in model.card.limits),
        answer=_example(model),
        labels="".join(f"    {words.printable(label)}\n" for label in model.labels).rstrip("\n"),
    )


def _quality(model: Model) -> str:
    """How often the model was right on photos that it had not learned from."""
    scores = model.card.scores
    if scores.test and scores.test.accuracy is not None:
        return _accuracy(scores.test, "test")
    return _accuracy(scores.validation, "validation") + (
        " No photos were set aside for a test, so expect a little less."
    )


def _accuracy(scores: Scores, split: str) -> str:
    low, high = (f"{end:.0%}" for end in scores.interval)
    return (
        f"It was right on {scores.correct:,} of {words.count(scores.count, f'{split} photo')} "
        f"({scores.correct / scores.count:.0%}; on other photos of the same kind expect between {low} and {high})."
    )


def _example(model: Model) -> str:
    """An answer with this model's labels, shortened. The figures are made up."""
    best, *others = (json.dumps(words.printable(label), ensure_ascii=False) for label in model.labels[:2])
    rest = f', {{"label": {others[0]}, "probability": 0.05}}, …' if others else ""
    return (
        f'{{"label": {best}, "unsure": false, "reason": "",\n'
        f' "answers": [{{"label": {best}, "probability": {0.93 if others else 1.0}}}{rest}]}}'
    )


def _plain(text: str) -> str:
    """Text from outside as Markdown shows it: as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", words.printable(text))
