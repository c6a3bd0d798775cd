"""The dataset that is offered for download: clothing-dataset-small, 3,781 photos in ten classes, CC0."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from core import words, workspace
from core.datasets import adding, catalogue, titles
from core.datasets.folders import Contents
from core.files.background import Report, Status, Work

ZIP_BYTES = 106_000_000  # about
STARTING = 10.0  # s from the start of the process to its first report, at most
REPOSITORY = "https://github.com/alexeygrigorev/clothing-dataset-small"
PHOTOS = 3_781
NAMES_HASH = "1d7973009400fc2f"  # of the names of its photos: see `is_offered`


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


def is_offered(photos: Contents) -> bool:
    """Whether a folder has the photos of this dataset in their own splits and classes, whatever it is called here."""
    rows = photos.rows()
    if len(rows) != PHOTOS:
        return False
    names = "\n".join(sorted(photos.names(path for _, _, path in rows)))
    return hashlib.blake2b(names.encode(errors="surrogateescape"), digest_size=8).hexdigest() == NAMES_HASH


def _folder() -> Path:
    return workspace.cache() / "downloads"


def _work() -> Work:
    return Work("download", _folder() / "status.json", _folder() / "lock", STARTING)


def status() -> Status | None:
    """How far the download that a page started is; None when none was started, or when its file is damaged."""
    return _work().status()


def start() -> None:
    """Start the download in its own process, which outlives the page. Raises DatasetError if the dataset exists."""
    titles.check_new(catalogue.CLOTHING)
    _folder().mkdir(parents=True, exist_ok=True)
    _work().start("core.datasets.offered", "download.log")


def forget() -> None:
    """Delete the result of the last download."""
    _work().forget()


def _main() -> None:
    def download(report: Report) -> None:
        report(0.0, "connecting")
        fetch(report)

    _folder().mkdir(parents=True, exist_ok=True)
    _work().run(download)


if __name__ == "__main__":
    _main()
