"""The dataset that is offered for download: clothing-dataset-small, 3,781 photos in ten classes, CC0."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from core import words, workspace
from core.datasets import catalogue
from core.errors import AppError
from core.files import atomic, processes
from core.files.locks import is_held

ZIP_BYTES = 106_000_000  # about
STARTING = 10.0  # s that the process has until its first report


@dataclass(frozen=True)
class Status:
    """How far a download in another process is, as its file tells."""

    share: float = 0.0  # 0 to 1, unpacking included
    words: str = ""
    error: str = ""  # a sentence
    running: bool = False


def fetch(progress: Callable[[float, str], None] | None = None) -> catalogue.Dataset:
    """Download and add it. Raises DownloadError or DatasetError; nothing half is left behind.

    Of two processes that want it at once, a page's and the shell's, the second is told in a DownloadError.
    """
    from core.datasets import download  # httpx takes a moment to import, and few ever download

    catalogue.check_new(catalogue.CLOTHING)
    report = progress or (lambda share, words: None)
    archive = _folder() / "clothing-dataset-small.zip"

    def received(done: int, of: int | None) -> None:
        total = of or ZIP_BYTES  # GitHub makes the zip as it sends it and states no length
        report(0.9 * min(1.0, done / total), f"{words.size(done)} of about {words.size(total)}")

    with download.alone():
        catalogue.check_new(catalogue.CLOTHING)  # the one before has added it in this moment
        try:
            for left in _folder().glob(".*.zip.*"):
                left.unlink()  # half a file of a download that was killed
            download.fetch(download.base_address() + download.CLOTHING_ZIP, archive, received)
            return catalogue.add_zip(
                catalogue.CLOTHING, archive, lambda share: report(0.9 + 0.1 * share, "unpacking the photos")
            )
        finally:
            archive.unlink(missing_ok=True)


def _folder() -> Path:
    return workspace.cache() / "downloads"


def status() -> Status | None:
    """How far the download that a page started is; None when none was started."""
    record = atomic.read_json(_folder() / "status.json")
    if not isinstance(record, dict):
        return None
    running = is_held(_folder() / "lock")
    if not running:  # it may have ended since the file was read: what stands there now is its last word
        record = atomic.read_json(_folder() / "status.json")
        if not isinstance(record, dict):
            return None
    known = Status(**{name: record[name] for name in Status.__dataclass_fields__ if name in record})
    if known.words == "starting" and not running:
        age = time.time() - (_folder() / "status.json").stat().st_mtime
        running = age < STARTING  # the process has not come so far yet
    if not running and not known.error and known.share < 1:
        return Status(known.share, known.words, "The download was interrupted. Start it again.", False)
    return Status(known.share, known.words, known.error, running)


def start() -> None:
    """Start the download in a process of its own, which outlives the page. Raises DatasetError when it is there."""
    catalogue.check_new(catalogue.CLOTHING)
    _folder().mkdir(parents=True, exist_ok=True)
    atomic.write_json(_folder() / "status.json", asdict(Status(words="starting")))
    processes.start("core.datasets.offered", "download.log")


def forget() -> None:
    """Put the last download's outcome away."""
    (_folder() / "status.json").unlink(missing_ok=True)


def _main() -> None:
    from filelock import FileLock, Timeout

    _folder().mkdir(parents=True, exist_ok=True)

    def report(share: float, words: str, error: str = "") -> None:
        atomic.write_json(_folder() / "status.json", asdict(Status(share, words, error)))

    try:
        with FileLock(_folder() / "lock", timeout=1):
            report(0.0, "connecting")
            try:
                fetch(report)
                report(1.0, "done")
            except AppError as error:
                report(0.0, "failed", str(error))
    except Timeout:
        print(f"another download is running (this is process {os.getpid()})")


if __name__ == "__main__":
    _main()
