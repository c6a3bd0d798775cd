"""Texts of people's own files: settings and recipes, as any editor saves them or as a link of the app holds them."""

import codecs
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.errors import SettingsError
from core.files import regular
from core.files.names import path_text, printable_name

MOST_BYTES = 1_000_000
MOST_LEVELS = 30  # of brackets in brackets; settings have four
MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


def read(path: Path, parameter: str) -> str:
    """The text of a file in UTF-8 or UTF-16 (Notepad, PowerShell), with or without a byte order mark.

    If the file holds a link of the app, the text is the link's `parameter`. Raises SettingsError.
    """
    name = printable_name(path_text(path))
    try:
        data = regular.read(path, MOST_BYTES)
    except regular.TooLargeError:
        most = MOST_BYTES // 1000
        raise SettingsError(f"{name} must have at most {most} KB. It is too large for settings.") from None
    except OSError as error:
        raise SettingsError(f"{name} can't be read ({error.strerror}).") from None
    try:
        text = data.decode(_encoding(data)).lstrip("\ufeff").strip()
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not text in UTF-8 or UTF-16. Save it as UTF-8 and try again.") from None
    return _parameter(text, parameter) if text.startswith(("http://", "https://")) else text


def from_json(text: str) -> Any:
    """The value of a JSON text that others wrote.

    Raises ValueError, with a few words for a sentence, if it is not JSON, or if working with it could fail: its
    brackets are nested too deeply, or a number has more digits than Python reads.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("too many brackets in brackets") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise ValueError("a number with too many digits") from None
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [inner for item in level if isinstance(item, (list, dict)) for inner in _inner(item)]
        if not level:
            return value
    raise ValueError("too many brackets in brackets")


def _inner(item: list[Any] | dict[str, Any]) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item


def _encoding(data: bytes) -> str:
    """The encoding that the first bytes show. ASCII signs in UTF-16 have a zero byte before or after them."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" and data[1:2] != b"\0" else "utf-8"


def _parameter(link: str, name: str) -> str:
    try:
        values = parse_qs(urlsplit(link).query).get(name)
    except ValueError:  # such as brackets in the name of the server
        values = None
    if not values:
        raise SettingsError(f"The link has no {name!r}. Copy the whole address from the browser.")
    return values[0]
