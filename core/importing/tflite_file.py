"""What a .tflite file from elsewhere is, looked at before TensorFlow reads it."""

from pathlib import Path

from core.errors import ModelError
from core.files import regular

SUFFIX = ".tflite"
MARK = slice(4, 8)  # where the file says what it is
KIND = b"TFL3"
MOST_BYTES = 2_000_000_000  # LiteRT's own limit


def check(path: Path) -> None:
    """Raise ModelError unless the file says that it is one of LiteRT."""
    try:
        with regular.opened(path) as file:
            _check_start(file.read(MARK.stop), path)
    except OSError as error:
        raise _unreadable(path, error) from None


def read(path: Path) -> bytes:
    """The content of a .tflite file. Raises ModelError."""
    try:
        content = regular.read(path, MOST_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from None
    _check_start(content, path)
    return content


def _check_start(content: bytes, path: Path) -> None:
    if content[MARK] != KIND:
        raise ModelError(f"{path.name} is not a .tflite file, whatever its name says. Convert the network again.")


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path.name} can't be read ({error.strerror}).")
