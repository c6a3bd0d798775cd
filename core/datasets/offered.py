"""The dataset that is offered for download: clothing-dataset-small, 3,781 photos in ten classes, CC0."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from core import words, workspace
from core.datasets import adding, catalogue, titles
from core.errors import AppError, DownloadError
from core.files import processes, records
from core.files.locks import is_held
from core.files.records import Record

ZIP_BYTES = 106_000_000  # about
STARTING = 10.0  # s from the start of the process to its first report, at most


class Status(Record):
    """How far a download in another process is, as its file tells."""

    ERROR: ClassVar = DownloadError
    REMEDY: ClassVar = "Start the download again."

    share: float = 0.0  # 0 to 1, unpacking included
    words: str = ""
    error: str = ""  # a sentence
    running: bool = False  # whether that process lives; looked up, whatever the file says


def fetch(progress: Callable[[float, str], None] | None = None) -> catalogue.Dataset:
    """Download the dataset and add it. Raises DownloadError or DatasetError, and leaves nothing behind then.

    When a page and the shell download at the same time, the second one gets a DownloadError.
    """
    from core.datasets import download  # httpx is slow to import and rarely needed

    titles.check_new(catalogue.CLOTHING)
    report = progress or (lambda share, words: None)
    archive = _folder() / "clothing-dataset-small.zip"

    def received(done: int, of: int | None) -> None:
        total = of or ZIP_BYTES  # GitHub makes the zip as it sends it and states no length
        report(0.9 * min(1.0, done / total), f"{words.size(done)} of about {words.size(total)}")

    with download.alone():
        titles.check_new(catalogue.CLOTHING)  # another process may just have added it
        try:
            for remnant in _folder().glob(".*.zip.*"):
                remnant.unlink()  # of a download that was killed
            download.fetch(download.base_address() + download.CLOTHING_ZIP, archive, received)
            return adding.add_zip(
                catalogue.CLOTHING, archive, lambda share: report(0.9 + 0.1 * share, "unpacking the photos")
            )
        finally:
            archive.unlink(missing_ok=True)


def _folder() -> Path:
    return workspace.cache() / "downloads"


def status() -> Status | None:
    """How far the download that a page started is; None when none was started, or when its file is damaged."""
    try:
        progress = _read()
        running = is_held(_folder() / "lock")
        if not running:  # it may have ended since the file was read: what stands there now is its last word
            progress = _read()
    except DownloadError:  # the next download writes it anew
        return None
    if progress is None:
        return None
    if progress.words == "starting" and not running:
        age = time.time() - (_folder() / "status.json").stat().st_mtime
        running = age < STARTING  # the process has not started its work yet
    if not running and not progress.error and progress.share < 1:
        return progress.model_copy(update={"error": "The download was interrupted. Start it again.", "running": False})
    return progress.model_copy(update={"running": running})


def _read() -> Status | None:
    return records.read(_folder() / "status.json", Status)


def _write(status: Status) -> None:
    records.write(_folder() / "status.json", status)


def start() -> None:
    """Start the download in its own process, which outlives the page. Raises DatasetError if the dataset exists."""
    titles.check_new(catalogue.CLOTHING)
    _folder().mkdir(parents=True, exist_ok=True)
    _write(Status(words="starting"))
    processes.start("core.datasets.offered", "download.log")


def forget() -> None:
    """Delete the result of the last download."""
    (_folder() / "status.json").unlink(missing_ok=True)


def _main() -> None:
    from filelock import FileLock, Timeout

    _folder().mkdir(parents=True, exist_ok=True)

    def report(share: float, words: str, error: str = "") -> None:
        _write(Status(share=share, words=words, error=error))

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
