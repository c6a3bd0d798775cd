"""File names from anywhere: printed on one line, and made safe for every file system."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath

from core import words
from core.files import code_pages

Parts = tuple[str, ...]  # a relative path: folder by folder, then the file

MOST_LETTERS = 240  # of a printed name
MOST_BYTES = 255  # of a name on disk, in UTF-8: the limit of ext4, APFS and NTFS, or stricter
LOOK_ALIKES = str.maketrans('<>:"|?*', "＜＞：＂｜？＊")  # for signs that Windows forbids
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # controls, half characters
BYTES = re.compile(r"[\udc80-\udcff]")  # bytes that are not UTF-8, as Python reads them from a disk
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices on Windows, in any folder

LEFTOVERS = frozenset(  # of systems and programs, in small letters; nobody misses them
    ("__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini")
)


def is_leftover(name: str) -> bool:
    """Whether a file or folder is hidden, or left by a system or program."""
    return (name.startswith(".") and name != "..") or name.lower() in LEFTOVERS


def name_text(name: str) -> str:
    """The name of a file or folder on disk as text.

    Python gives bytes that are not UTF-8 as half characters, which no page, file or terminal takes. They are read in
    the old code page that makes words of them; the path itself still opens the file.
    """
    if not BYTES.search(name):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    readings = code_pages.readings([raw])
    return readings[0].names[0] if readings else raw.decode("utf-8", "replace")


def path_text(path: PurePath) -> str:
    """A path as text, with / between its parts (see `name_text`)."""
    whole = path.as_posix()
    return PurePath(*map(name_text, path.parts)).as_posix() if BYTES.search(whole) else whole


def printable_name(name: str, most: int = MOST_LETTERS) -> str:
    """`name` as one printable line of at most `most` letters, shortened in the middle."""
    line, half = words.printable(name), most // 2
    return line if len(line) <= most else f"{line[:half]}…{line[1 - half :]}"


def is_reserved(name: str) -> bool:
    """Whether Windows refuses to create a file or folder of that name."""
    return RESERVED.fullmatch(name) is not None


def safe_name(name: str) -> str:
    """A file or folder name that every system accepts and shows; the same name always gives the same one.

    NFC, because macOS stores accents as separate characters: a class must have the same name in every split.
    """
    safe = ODD.sub("_", unicodedata.normalize("NFC", name).translate(LOOK_ALIKES)).strip(" ").rstrip(". ") or "_"
    if is_reserved(safe) or safe.startswith("."):
        safe = f"_{safe}"
    return _shortened(safe)


def distinct_paths(paths: Sequence[Parts]) -> list[Parts]:
    """`paths` with a number where two would be the same file on some system (`A.jpg` and `a.JPG` on macOS)."""
    taken = {_folded(path[:depth]) for path in paths for depth in range(1, len(path))}  # the folders
    counts: dict[Parts, int] = {}
    distinct = []
    for path in paths:
        original, numbered = _folded(path), path
        while _folded(numbered) in taken:
            counts[original] = counts.get(original, 1) + 1
            numbered = (*path[:-1], _shortened(path[-1], f" ({counts[original]})"))
        taken.add(_folded(numbered))
        distinct.append(numbered)
    return distinct


def _folded(path: Parts) -> Parts:
    return tuple(part.casefold() for part in path)


def _shortened(name: str, addition: str = "") -> str:
    """`name` with `addition` before its suffix, in at most MOST_BYTES bytes; a hash keeps long names apart."""
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    if len(suffix) > 5:  # "Dr. Martens, size 40" has no suffix
        stem, suffix = name, ""
    if len(f"{stem}{addition}{suffix}".encode()) > MOST_BYTES:
        addition = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}{addition}"
        stem = stem.encode()[: MOST_BYTES - len(f"{addition}{suffix}".encode())].decode(errors="ignore")
    return f"{stem}{addition}{suffix}"
