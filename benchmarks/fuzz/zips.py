"""Zips: entries with any name, flag, method and content, and zips with damaged bytes."""

import io
import shutil
import struct
import warnings
import zipfile
from functools import cache
from random import Random

from benchmarks.fuzz import values
from benchmarks.fuzz.pictures import draw_photo
from benchmarks.fuzz.trial import Kind, check_sentence
from core import workspace
from core.datasets import adding, catalogue, unpacking
from core.errors import AppError
from core.photos import album, finding
from tests import nasty
from tests.conftest import encoded, picture

NAMES = (
    "", "/", "//", ".", "..", "./", "../", "...", "\\", "a/", "a//", ".jpg", "/.jpg", "a/.jpg", " ", " .jpg",
    "  /  .jpg",
    "./.", "././a.jpg", "/a.jpg", "//a.jpg", "../a.jpg", "a/../b.jpg", "..\\a.jpg", "C:", "C:/", "C:a.jpg",
    "C:\\a.jpg", "c:.jpg",
    "a.jpg/", "a.jpg", "A.JPG", "a.jpg ", "a.jpg.", "a\nb.jpg", "\x1b[31m.jpg", "x" * 300 + ".jpg", "d/" * 40 + "a.jpg",
    "d/" * 3000 + "a.jpg", "x" * 60_000 + ".jpg", "👗.jpg", "é/ü.jpg", "con/nul.jpg", "~/a.jpg", "-rf.jpg",
    "\u202egpj.png",
    "__MACOSX/a.jpg", "Thumbs.db", ".DS_Store", "a.zip", "b.txt", "train", "train/", "train/a", "\u200d.jpg",
    "\ufeff.jpg",
    "a?.jpg", "a*|<>.jpg", "a:b.jpg", "a/b.jpg/c.jpg", "con", "aux.jpg",
)  # fmt: skip
LAYOUT = tuple(
    f"{split}/{label}/{number}.png" for split in ("train", "validation") for label in "ab" for number in (1, 2)
)


@cache
def _contents() -> tuple[bytes, ...]:
    photo = encoded(picture(20, 20), "PNG")
    return (photo, photo, photo, b"", b"text", photo[:50], bytes(200_000), nasty.zips()["names.zip"][1])


def draw_zip(random: Random) -> bytes:
    """The bytes of a zip."""
    roll = random.random()
    if roll < 0.03:
        return random.choice(list(nasty.zips().values()))[1]
    if roll < 0.05:
        return draw_photo(random)
    names = list(LAYOUT) if random.random() < 0.5 else []
    names += random.choices(NAMES, k=random.choice((0, 1, 1, 2, 5)))
    if random.random() < 0.2:
        names += [values.text(random)[:60_000] for _ in range(2)]
    random.shuffle(names)
    data = _zip(random, names)
    if random.random() < 0.4:
        data = _patched(random, data)
    return values.damaged(random, data) if random.random() < 0.3 else data


def _zip(random: Random, names: list[str]) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for name in names:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name.encode("utf-8", "replace")[:65_000].decode(errors="ignore")
            info.external_attr = random.choice((0, 0, 0o100644, 0o120777, 0o040755, 0o010644, 0o060644)) << 16
            if random.random() < 0.1:
                info.extra = random.randbytes(random.choice((1, 4, 9)))
            method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            archive.writestr(info, random.choice(_contents()), method if random.random() < 0.2 else zipfile.ZIP_STORED)
        archive.comment = random.randbytes(random.choice((0, 0, 30)))
    return file.getvalue()


def _patched(random: Random, data: bytes) -> bytes:
    """The zip with a field of its directory, or of a file's own header, changed."""
    changed = bytearray(data)
    mark, fields = random.choice((
        (b"PK\x01\x02", ((8, "H"), (10, "H"), (16, "I"), (20, "I"), (24, "I"), (28, "H"), (30, "H"), (38, "I"), (42,
        "I"))),
        (b"PK\x03\x04", ((6, "H"), (8, "H"), (18, "I"), (22, "I"), (26, "H"), (28, "H"))),
        (b"PK\x05\x06", ((4, "H"), (8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H"))),
    ))  # fmt: skip
    offset, form = random.choice(fields)
    number = random.choice((0, 1, 2, 8, 9, 12, 14, 64, 99, 0x800, 0x2000, 0x7FFF, 0xFFFF, 10**6, 2**31, 2**32 - 1))
    places, at = [], changed.find(mark)
    while at >= 0:
        places.append(at)
        at = changed.find(mark, at + 1)
    for at in places if random.random() < 0.3 else places[-1:]:
        struct.pack_into(
            f"<{form}", changed, min(at + offset, len(changed) - 4), number & (0xFFFF if form == "H" else 2**32 - 1)
        )
    return bytes(changed)


def _use_album(data: bytes) -> None:
    passed_over: finding.PassedOver = {}
    for source in album.in_zip("photos.zip", data, passed_over)[:20]:
        check_sentence(source.name)
        try:
            source.read()
        except AppError as error:
            check_sentence(str(error))
    for sentence in finding.sentences(passed_over):
        check_sentence(sentence, pieces=2)


def _draw_dataset(random: Random) -> tuple[bytes, str, bool]:
    return draw_zip(random), random.choice(("", "", "cp437", "cp932", "utf-8")), random.random() < 0.5


def _use_dataset(item: tuple[bytes, str, bool]) -> None:
    data, code_page, whole = item
    archive, folder = workspace.home() / "given.zip", workspace.home() / "unpacked"
    archive.write_bytes(data)
    try:
        if whole:
            adding.add_zip("zipped", archive, code_page=code_page)
            catalogue.load("zipped")
        else:
            folder.mkdir()
            unpacking.unpack(archive, folder, code_page=code_page)
            assert not [path for path in folder.rglob("*") if path.is_symlink()]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(workspace.datasets() / "zipped", ignore_errors=True)
        left = [path.name for path in workspace.datasets().glob(".*")] if workspace.datasets().is_dir() else []
        assert not left, left


KINDS = (
    Kind("zip of photos", 8, draw_zip, _use_album),
    Kind("zip of a dataset", 6, _draw_dataset, _use_dataset),
)
