"""Texts of people's own files: settings and recipes, as any editor saves them or as a link of the app holds them."""

import codecs
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from core.errors import SettingsError

MOST_BYTES = 1_000_000
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
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path} can't be read ({error.strerror}).") from None
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{path} must have at most {MOST_BYTES // 1000} KB. It is too large for settings.")
    try:
        text = data.decode(_encoding(data)).lstrip("\ufeff").strip()
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text in UTF-8 or UTF-16. Save it as UTF-8 and try again.") from None
    return _parameter(text, parameter) if text.startswith(("http://", "https://")) else text


def _encoding(data: bytes) -> str:
    """The encoding that the first bytes show. ASCII signs in UTF-16 have a zero byte before or after them."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    if data[1:2] == b"\0" and data[:1] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" and data[1:2] != b"\0" else "utf-8"


def _parameter(link: str, name: str) -> str:
    values = parse_qs(urlsplit(link).query).get(name)
    if not values:
        raise SettingsError(f"The link has no {name!r}. Copy the whole address from the browser.")
    return values[0]
