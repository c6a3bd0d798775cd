"""A photo's bytes: read from disk, and identified by their hash."""

import hashlib
from pathlib import Path

from core import words
from core.errors import PhotoError
from core.files.names import name_text, path_text
from core.photos import formats


def key(data: bytes) -> str:
    """The photo's identity in draws, caches, fingerprints and duplicate checks: a hash of its bytes, 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def key_number(photo_key: str) -> int:
    """The key's first 64 bits, from which the random draws are derived."""
    return int(photo_key[:16], 16)


def read_file(path: Path) -> bytes:
    """The bytes of a photo file. Raises PhotoError when it can't be read."""
    try:
        with path.open("rb") as file:
            data = file.read(formats.MOST_BYTES + 1)  # whatever its size is said to be: a device may have no end
    except FileNotFoundError:
        raise PhotoError(f"There is no file {path_text(path)}. Check the name and the folder.") from None
    except IsADirectoryError:
        raise PhotoError(f"{path_text(path)} must be a photo, got a folder. Name the photos in it.") from None
    except OSError as error:
        raise PhotoError(
            f"{path_text(path)} can't be opened ({error.strerror}). Check the file and its permissions."
        ) from error
    except ValueError:
        raise PhotoError("That is not a valid file name. Check the name and the folder.") from None
    if len(data) > formats.MOST_BYTES:
        most = words.size(formats.MOST_BYTES)
        raise PhotoError(f"{name_text(path.name)} must have at most {most}, got more. Save it smaller and try again.")
    return data
