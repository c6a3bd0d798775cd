"""The files from elsewhere that can be imported, by kind."""

import zipfile
import zlib
from pathlib import Path

from core import words
from core.errors import ModelError
from core.files import regular
from core.importing import keras_archive, tflite_file

CHECKS = {keras_archive.SUFFIX: keras_archive.check, tflite_file.SUFFIX: tflite_file.check}
LABELS = ("labels.txt", "labelmap.txt")  # as this program and TensorFlow's tools name them
MOST_LABELS = 1_000_000  # bytes
MOST_PARAMETERS = 500_000_000  # of 4 bytes: what LiteRT can hold


def check(path: Path) -> None:
    """Raise ModelError unless the file can be imported and is harmless, as far as one sees without Keras."""
    suffix = path.suffix.lower()
    if suffix not in CHECKS:
        raise ModelError(
            f"Only {' and '.join(CHECKS)} files can be imported, got {words.quoted(path.name)}. "
            f"{keras_archive.SAVE_ANEW}"
        )
    CHECKS[suffix](path)


def labels(path: Path) -> tuple[str, ...]:
    """The labels that the file carries, one per line of a text in it; empty if it has none. Raises ModelError."""
    try:
        with regular.opened(path) as file:
            if not zipfile.is_zipfile(file):
                return ()
            with zipfile.ZipFile(file) as archive:
                name = next((name for name in LABELS if name in archive.namelist()), "")
                if not name:
                    return ()
                text = keras_archive.member(archive, name, MOST_LABELS, path).decode("utf-8")
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or words.printable(str(error))
        raise ModelError(f"The labels in {path.name} can't be read ({reason}).") from None
    return tuple(line for line in text.splitlines() if line.strip())
