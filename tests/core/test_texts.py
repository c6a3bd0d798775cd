"""Settings and recipes in files as people really save them: any editor's encoding, Windows' line ends, a link."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from core.errors import SettingsError
from core.files import texts
from core.runs import config

SETTINGS = {"dataset": "röcke-und-hosen", "dropout": 0.3, "name": "für 日本 & mehr"}
ENCODINGS = {  # name: encoding, and whether it begins with a byte order mark
    "UTF-8": ("utf-8", b""),
    "Notepad's UTF-8": ("utf-8", b"\xef\xbb\xbf"),
    "PowerShell's UTF-16": ("utf-16-le", b"\xff\xfe"),
    "big-endian UTF-16": ("utf-16-be", b"\xfe\xff"),
    "UTF-16 without a mark": ("utf-16-le", b""),
    "big-endian UTF-16 without a mark": ("utf-16-be", b""),
    "UTF-32": ("utf-32-le", b"\xff\xfe\x00\x00"),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["Unix", "Windows", "old Mac"])
def test_the_encodings_of_editors_are_read(tmp_path: Path, name: str, line_end: str) -> None:
    encoding, mark = ENCODINGS[name]
    text = json.dumps(SETTINGS, indent=2, ensure_ascii=False).replace("\n", line_end) + line_end
    path = tmp_path / "settings.json"
    path.write_bytes(mark + text.encode(encoding))
    settings = config.read(path)
    assert (settings.dataset, settings.dropout, settings.name) == tuple(SETTINGS.values())


@pytest.mark.parametrize("query", ["settings={0}", "study=dropout&settings={0}&grid=a%3D1", "settings={0}#top"])
def test_a_file_may_hold_a_link(tmp_path: Path, query: str) -> None:
    value = urlencode({"": json.dumps(SETTINGS)})[1:]
    path = tmp_path / "link.txt"
    path.write_text(f"\ufeffhttp://localhost:8501/train?{query.format(value)}\r\n", encoding="utf-16")
    assert config.read(path).name == SETTINGS["name"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("für später".encode("latin-1"), "is not text in UTF-8 or UTF-16"),
        (b"\xff\xfe{", "is not text in UTF-8 or UTF-16"),
        (b"http://localhost:8501/train", "has no 'settings'"),
        (b"x" * (texts.MOST_BYTES + 1), "too large"),
        (b"", "is not valid JSON"),
    ],
)
def test_what_is_no_text_gets_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match=words):
        config.read(path)
