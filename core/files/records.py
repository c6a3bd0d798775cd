"""Records: everything that is stored as JSON, checked on reading and replaced as a whole on writing.

A file without a `version` is older than versions and is read as version 1. A file of a newer version is refused, since
its fields may mean something else. Unknown fields in a file of a supported version are ignored: a later release may add
fields without changing the others, and its files should still work here. (RunConfig is the exception: it refuses an
unknown setting, because ignoring it would train a different model.)
"""

import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import AppError
from core.files import atomic
from core.files.names import printable_name
from core.files.regular import InvalidNameError
from core.words import quoted

MOST_BYTES = 32_000_000  # of a file: the index of a pack of 200,000 photos has 25 MB
LONGEST_PLACE = 80  # characters of the place of a wrong value


class Part(BaseModel):
    """A part of a record: frozen, without type conversions, and only with finite numbers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Record(Part):
    """The content of one JSON file, or of one line in a file."""

    ERROR: ClassVar[type[AppError]] = AppError  # raised if a file can't be read as this record
    REMEDY: ClassVar[str] = "Delete the file."  # the advice in that error
    HOLDS_PATHS: ClassVar[bool] = False
    """Whether bytes of file names that are not UTF-8 are kept, as lone surrogates. Elsewhere a ? takes their place."""

    version: Literal[1] = 1


R = TypeVar("R", bound=Record)


def read(path: Path, record: type[R]) -> R | None:
    """The record in a JSON file, or None if the file does not exist.

    Raises only the record's own AppError, for a file that is damaged or of a newer version.
    """
    try:
        return _load(path, record)
    except ValidationError as error:
        raise record.ERROR(f"{path} {_complaint(error, record)}") from None


def read_to_change(path: Path, record: type[R]) -> R | None:
    """Like `read`, for a file that is about to be overwritten: returns None for a damaged file too.

    Raises the record's AppError for a file of a newer version, because overwriting it would lose data.
    """
    try:
        return _load(path, record)
    except ValidationError as error:
        if _is_newer(error, record):
            raise record.ERROR(f"{path} {_complaint(error, record)}") from None
        return None


def _load(path: Path, record: type[R]) -> R | None:
    """Raises ValidationError for a damaged file, the record's AppError for a file that can't be opened."""
    try:
        content = atomic.read_bytes(path, MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError, InvalidNameError):
        return None
    except OSError as error:
        raise record.ERROR(f"{path} can't be read ({error.strerror}). {record.REMEDY}") from None
    return parse(content, record)


def parse(content: bytes | str, record: type[R]) -> R:
    """The record in a JSON text. Raises ValidationError."""
    try:
        return record.model_validate_json(content)
    except ValidationError as error:
        message = str(error.errors(include_input=False)[0]["msg"])
        if "surrogate" in message or "hex escape" in message:
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(content)
                if not record.HOLDS_PATHS:  # a text for people, which no page could show
                    value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
                return record.model_validate(value, strict=False)
        raise


def write(path: Path, record: Record) -> None:
    """Replace the file with the record as indented JSON."""
    atomic.write_json(path, record.model_dump(mode="json"))


def now() -> str:
    """The date and time as records have it: ISO 8601, local time, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def line(record: Record) -> str:
    """The record as one line of JSON."""
    return json.dumps(record.model_dump(mode="json"), ensure_ascii=False) + "\n"


def _complaint(error: ValidationError, record: type[Record]) -> str:
    """What is wrong with the file and what to do, as the end of a sentence."""
    problem = error.errors(include_url=False)[0]
    place, value = printable_name(".".join(map(str, problem["loc"])))[:LONGEST_PLACE], problem["input"]
    if _is_newer(error, record):
        return newer(value, record.model_fields["version"].default)
    if problem["type"] == "json_invalid":
        return f"is damaged: it is not valid JSON. {record.REMEDY}"
    if problem["type"] == "missing":
        return f"is damaged: {place} is missing. {record.REMEDY}"
    if problem["type"] == "value_error":
        return f"is damaged: {problem['ctx']['error']} {record.REMEDY}"
    expected = problem["msg"].partition(" should ")[2] or f"fit ({problem['msg']})"
    return f"is damaged: {place or 'its content'} must {expected}, got {quoted(value)}. {record.REMEDY}"


def _is_newer(error: ValidationError, record: type[Record]) -> bool:
    problem = error.errors(include_url=False)[0]  # `version` is the first field, so its error comes first
    return problem["loc"] == ("version",) and is_newer(problem["input"], record.model_fields["version"].default)


def is_newer(version: Any, newest: int) -> bool:
    """Whether a file with this `version` is newer than what this program reads."""
    return isinstance(version, int) and version > newest


def newer(version: int, newest: int) -> str:
    """What is wrong with such a file and what to do, as the end of a sentence."""
    return (
        f"was written by a newer version of this program (format {quoted(version)}; this one reads up to {newest}). "
        "Update the program."
    )
