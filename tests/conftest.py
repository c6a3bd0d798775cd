"""Shared by all tests: an own workspace for each, drawn pictures, and a folder dataset of them."""

import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from core import machine, workspace

Pixels = NDArray[np.uint8]

pillow_heif.register_heif_opener()

SHARED = Path(__file__).resolve().parents[2] / "shared"
TINY_CLASSES = ("bars", "disc", "frame")
TINY_COUNTS = {"train": 6, "validation": 3, "test": 3}  # photos per class
TINY_SIDE = 40
LONGEST_FIRST = ("browser", "models", "pages", "core")  # a long file at the end would leave the other cores idle


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by room, the longest first. The order within a room stays."""
    rooms = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rooms.get(item.path.parent.name, len(rooms)))


@pytest.fixture(scope="session", autouse=True)
def _session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A workspace for fixtures that outlive a test; the real one is never touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(tmp_path_factory.mktemp("session-home")))
        patch.setenv("FITTING_ROOM_NICENESS", "0")  # tests wait for the processes that give way
        patch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")  # tests need the details that the page hides
        yield


@pytest.fixture(autouse=True)
def home(_session_home: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace for each test; processes that the test starts inherit it.

    This process sees no shipped model, unless a test puts one into workspace.SHIPPED_MODELS.
    """
    folder = tmp_path_factory.mktemp("home").resolve()
    monkeypatch.setenv("FITTING_ROOM_HOME", str(folder))
    monkeypatch.setattr(workspace, "SHIPPED_MODELS", folder / "shipped")
    monkeypatch.setattr(machine, "_last", [])  # the reading that all sessions share for a second
    return folder


def shared_folder(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name`, filled by `make` once for all test processes."""
    base = factory.getbasetemp().resolve()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place, stamp = base / name, base / f"{name}.done"
    with FileLock(base / f"{name}.lock"):
        if not stamp.exists():
            shutil.rmtree(place, ignore_errors=True)  # from an attempt that failed
            place.mkdir()
            make(place)
            stamp.touch()
    return place


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real photos next to the repository. Tests that need it are skipped without it."""
    if not (SHARED / "clothing-dataset-small").is_dir():
        pytest.skip(f"the real photos are not here: {SHARED / 'clothing-dataset-small'}")
    return SHARED


def run_ids() -> list[str]:
    """The ids of all runs in the workspace, oldest first."""
    folders = (config.parent.name for config in workspace.runs().glob("*/config.json"))
    return sorted(name for name in folders if not name.startswith("."))


def picture(height: int, width: int, seed: int = 0) -> Pixels:
    """A smooth picture that every flip or turn changes: uint8 (height, width, 3), with gradients in each channel."""
    phase = np.random.default_rng(seed).uniform(0, 1, 3) if seed else np.zeros(3)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    y, x = (y + 0.5) / height, (x + 0.5) / width
    red = 30 + 190 * (x + phase[0]) / 2
    green = 20 + 200 * (y + phase[1]) / 2
    blue = 128 + 100 * np.sin(2 * np.pi * (0.4 * x + 0.7 * y + phase[2]))
    return np.stack([red, green, blue], -1).astype(np.uint8)


def encoded(pixels: Pixels | Image.Image, form: str, **options: object) -> bytes:
    """The bytes of a photo file of Pillow's format `form` (JPEG, PNG, HEIF, AVIF, …)."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def drawing(label: str, seed: int, side: int = TINY_SIDE) -> Pixels:
    """A photo of one of TINY_CLASSES: its shape in a random grey and place, on a random background, with noise."""
    rng = np.random.default_rng([seed, *label.encode()])
    ground, ink = rng.integers(130, 230, 3), rng.integers(0, 80, 3)
    pixels = np.full((side, side, 3), ground, np.uint8)
    x, y = rng.integers(int(0.42 * side), int(0.58 * side), 2).tolist()
    reach = int(side * rng.uniform(0.26, 0.34))
    colour = tuple(int(level) for level in ink)
    if label == "disc":
        cv2.circle(pixels, (x, y), reach, colour, -1)
    elif label == "frame":
        cv2.rectangle(pixels, (x - reach, y - reach), (x + reach, y + reach), colour, max(2, side // 12))
    else:
        for left in (-reach, 0, reach):
            cv2.line(pixels, (x + left, y - reach), (x + left, y + reach), colour, max(2, side // 12))
    return np.clip(pixels + rng.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)


def draw_dataset(folder: Path) -> Path:
    """Write `{train,validation,test}/<class>/<number>.png` into `folder`. Every photo is different."""
    first = 0
    for split, count in TINY_COUNTS.items():
        for label in TINY_CLASSES:
            place = folder / split / label
            place.mkdir(parents=True)
            for number in range(first, first + count):
                (place / f"{number:02d}.png").write_bytes(encoded(drawing(label, number), "PNG"))
        first += count
    return folder


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder of 36 drawn photos in 3 classes, 40 px square. Read only: copy it to change it."""
    return draw_dataset(tmp_path_factory.mktemp("tiny"))


def draw_classes(folder: Path, photos: int = 12) -> Path:
    """A folder of classes, each photo in front of a backdrop of its own."""
    for label in TINY_CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(photos):
            data = encoded(drawing(label, 1000 + 37 * number), "PNG")
            (folder / label / f"{chr(97 + number)}{number * 7}.png").write_bytes(data)
    return folder


def zipped(folder: Path, prefix: str = "") -> bytes:
    """A zip of all files in `folder`; with the prefix "project-master/" it looks like one from GitHub."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, prefix + path.relative_to(folder).as_posix())
    return file.getvalue()
