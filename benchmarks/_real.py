"""Shared by the benchmarks on the real photos: the photos' folder, and a worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import workspace

PROJECT = Path(__file__).resolve().parent.parent
PHOTOS = PROJECT.parent / "shared" / "clothing-dataset-small"
WEIGHTS = PROJECT.parent / "shared" / "keras"


def prepare() -> None:
    """Exit with a sentence if the photos are missing. Use the ImageNet weights beside them, if present."""
    if not PHOTOS.is_dir():
        sys.exit(f"The real photos are missing. Put them into {PHOTOS}.")
    if WEIGHTS.is_dir():
        os.environ.setdefault("KERAS_HOME", str(WEIGHTS))


def imagenet() -> Path:
    """MobileNetV2 at 150 px with ImageNet weights, converted into the cache of the workspace."""
    from core.backbones import BACKBONES
    from models import build, convert

    path = workspace.cache() / "mobilenet_v2-150.tflite"
    path.parent.mkdir(parents=True, exist_ok=True)
    convert.convert_and_check(build.backbone(BACKBONES["mobilenet_v2"], 150, "imagenet"), path)
    return path


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker on the current workspace, stopped on leaving."""
    with subprocess.Popen(
        [sys.executable, "-m", "models.worker", "--idle", "600"],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
