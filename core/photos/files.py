"""A photo's bytes: read from disk, and identified by their hash."""

import hashlib
from pathlib import Path

from core import words
from core.errors import PhotoError
from core.files import regular
from core.files.names import name_text, path_text, printable_name
from core.photos import formats


def key(data: bytes) -> str:
    """The photo's identity in draws, caches, fingerprints and duplicate checks: a hash of its bytes, 32 hex digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def key_number(photo_key: str) -> int:
    """The key's first 64 bits, from which the random draws are derived."""
    return int(photo_key[:16], 16)


def read_file(path: Path) -> bytes:
    """The bytes of a photo file. Raises PhotoError when it can't be read."""
    name = printable_name(path_text(path))
    try:
        return regular.read(path, formats.MOST_BYTES)
    except FileNotFoundError:
        raise PhotoError(f"There is no file {name}. Check the name and the folder.") from None
    except IsADirectoryError:
        raise PhotoError(f"{name} must be a photo, got a folder. Name the photos in it.") from None
    except regular.NotRegularError as error:
        raise PhotoError(f"{name} must be a photo, got {error.kind}. Choose a file.") from None
    except regular.TooLargeError:
        last, most = printable_name(name_text(path.name)), words.size(formats.MOST_BYTES)
        raise PhotoError(f"{last} must have at most {most}, got more. Save it smaller and try again.") from None
    except regular.InvalidNameError:
        raise PhotoError("That is not a valid file name. Check the name and the folder.") from None
    except OSError as error:
        raise PhotoError(f"{name} can't be opened ({error.strerror}). Check the file and its permissions.") from error
