"""Photos, damaged and pretended, as bytes and as files with any name and of any kind."""

import io
import os
import shutil
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from benchmarks.fuzz import values
from benchmarks.fuzz.trial import Kind, check_sentence
from core import photos, workspace
from core.datasets import pack
from core.datasets.arranging import listing
from core.datasets.catalogue import Dataset
from core.datasets.folders import contents
from core.errors import AppError, PhotoError
from core.photos import album, finding
from core.reviewing import inspection, subject
from tests import nasty
from tests.conftest import encoded, picture
from tests.profiles import DISPLAY_P3, matrix_profile

FILES = ("bytes", "bytes", "bytes", "pipe", "device", "sparse", "loop", "dangling", "folder", "link to folder",
         "socket",
         "empty", "own memory")  # fmt: skip
SPARSE_BYTES = 5_000_000_000
NAMES = (
    "a.jpg", "b.PNG", "c", ".jpg", ".hidden.jpg", "d.jpg.", "e.jpg ", "f.zip", "g.heic", "h.txt", "n" * 240 + ".jpg",
    "\udcff\udcfe.jpg", "a\nb.jpg", "\x1b[31m.jpg", "👗.jpg", "\u202egpj.png", "-rf.jpg", "Thumbs.db", "con.jpg",
    "i.jpeg",
    "<b>.jpg", "$(x).jpg", "j.tif", "k.gif", "l.bmp", "m.webp", "n.avif", "ü.jpg", "u\u0308.jpg",
)  # fmt: skip


@cache
def _small() -> list[bytes]:
    """A small photo of each format, and of each odd way to write it."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 20, 3), np.uint8)
    image = Image.fromarray(noise)
    alpha = image.convert("RGBA")
    alpha.putalpha(90)
    deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    profile = matrix_profile(DISPLAY_P3, None)
    frames = [Image.fromarray(picture(20, 20, seed)) for seed in range(3)]
    exif = image.getexif()
    exif[0x0112] = 6
    made = [encoded(noise, form) for form in nasty.FORMS]
    made += [
        encoded(image, "JPEG", progressive=True, exif=exif, icc_profile=profile),
        encoded(image.convert("CMYK"), "JPEG"),
    ]
    made += [encoded(image.convert(mode), "PNG") for mode in ("P", "L", "1", "LA")] + [encoded(deep, "PNG")]
    made += [encoded(alpha, form) for form in ("PNG", "WEBP", "TIFF", "AVIF")]
    made += [encoded(image, "TIFF", compression=kind) for kind in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")]
    made += [
        encoded(image.convert("P"), "GIF"),
        encoded(image.convert("P"), "BMP"),
        encoded(image, "WEBP", lossless=True),
    ]
    for form in ("GIF", "PNG", "WEBP", "TIFF"):
        file = io.BytesIO()
        frames[0].save(file, form, save_all=True, append_images=frames[1:])
        made.append(file.getvalue())
    return made


@cache
def _nasty() -> dict[str, bytes]:
    return {name: data for name, (_, data) in nasty.files().items()}


def sound_photo() -> bytes:
    """A small photo with nothing odd about it."""
    return _small()[0]


def draw_photo(random: Random) -> bytes:
    """The bytes of a photo: damaged, pretended or, seldom, sound."""
    roll = random.random()
    if roll < 0.02:
        return random.choice(list(_nasty().values()))
    if roll < 0.12:
        return values.damaged(random, random.choice([data for data in _nasty().values() if len(data) < 100_000]))
    if roll < 0.16:
        start = random.choice(_small())[: random.choice((4, 12, 32, 64))]
        return start + random.randbytes(random.choice((0, 10, 300, 5000)))
    if roll < 0.2:
        return b"".join(random.sample(_small(), 2))
    return values.damaged(random, random.choice(_small()), 12)


def _draw_size(random: Random) -> tuple[bytes, int | None]:
    return draw_photo(random), random.choice((None, 16, 32, 160))


def _use_photo(item: tuple[bytes, int | None]) -> None:
    pixels = photos.decode(*item)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert photos.resize(pixels, 16).shape == (16, 16, 3)


def _draw_file(random: Random) -> tuple[str, str, bytes]:
    return random.choice(NAMES), random.choice(FILES), draw_photo(random)


def _dataset() -> Path:
    """A dataset of four photos, to add a file to."""
    return _photographed(workspace.home() / "photographed")


@cache
def _photographed(root: Path) -> Path:
    for place in ("train/a", "train/b", "validation/a", "validation/b"):
        (root / place).mkdir(parents=True)
        (root / place / "1.png").write_bytes(_small()[1])
    return root


def _use_file(item: tuple[str, str, bytes]) -> None:
    name, kind, data = item
    folder = _dataset() / "train" / "a"
    path = folder / name
    _make(path, kind, data)
    try:
        _read_file(path)
        passed_over: finding.PassedOver = {}
        for source in album.on_disk([folder], passed_over):
            _read(source)
        for sentence in finding.sentences(passed_over):
            check_sentence(sentence)
        listed = listing(contents(_dataset()))
        dataset = Dataset("photographed", _dataset(), listed.classes, listed.splits, listed.passed_over)
        for remark in (finding.sentence for finding in inspection.inspect(subject.of(dataset))):
            check_sentence(remark, pieces=2)  # names, and a sentence about one
        for _, why in pack.load(dataset, "train", 8).skipped:
            check_sentence(why)
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        shutil.rmtree(workspace.cache(), ignore_errors=True)


def _read_file(path: Path) -> None:
    """Open a single file, as `predict` and `augment` do."""
    try:
        photos.read_file(path)
    except PhotoError as error:
        check_sentence(str(error))
    for source in album.on_disk([path]):
        _read(source)


def _read(source: album.PhotoSource) -> None:
    check_sentence(source.name or " ")
    try:
        source.read()
    except AppError as error:
        check_sentence(str(error))


def _make(path: Path, kind: str, data: bytes) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, 0o140644)
    elif kind == "sparse":
        path.touch()
        os.truncate(path, SPARSE_BYTES)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("device", "loop", "dangling", "link to folder", "own memory"):
        targets = {"device": "/dev/zero", "loop": path.name, "dangling": "nothing", "link to folder": "..",
                   "own memory": "/proc/self/mem"}  # fmt: skip
        path.symlink_to(targets[kind])
    else:
        path.write_bytes(data if kind == "bytes" else b"")


KINDS = (
    Kind("photo", 14, _draw_size, _use_photo),
    Kind("photo file", 5, _draw_file, _use_file),
)
