"""What benchmarks on the real photos share: where these lie, and a worker of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PHOTOS = PROJECT.parent / "shared" / "clothing-dataset-small"
WEIGHTS = PROJECT.parent / "shared" / "keras"


def prepare() -> None:
    """End with a sentence where the photos are missing; take the ImageNet weights beside them where they are."""
    if not PHOTOS.is_dir():
        sys.exit(f"the real photos are not here: {PHOTOS}")
    if WEIGHTS.is_dir():
        os.environ.setdefault("KERAS_HOME", str(WEIGHTS))


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of the present workspace, ended at the end."""
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
