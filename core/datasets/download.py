"""Downloads of large files: complete or not at all, with a sentence for each way to fail."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx
from filelock import FileLock, Timeout

from core import words, workspace
from core.datasets.download_errors import explanation, instead, too_large
from core.errors import DownloadError
from core.files import atomic, cache

CLOTHING_ZIP = "/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip"
PAUSE = 1.0  # seconds before the second attempt, twice that before the third: routers and servers need a moment
WAIT = 1.0  # seconds that another download, or a look at its lock, may take to end
REPORTS = 10  # per second; more would only keep the page busy
UNFIT = (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE)  # for parts that don't continue ours


def base_address() -> str:
    """Where downloads come from: `$FITTING_ROOM_DOWNLOADS` (a mirror, a test's server) or GitHub."""
    return (os.environ.get("FITTING_ROOM_DOWNLOADS") or "https://github.com").rstrip("/")


@contextmanager
def alone() -> Iterator[None]:
    """Make sure that only one process downloads during the block: a second one would only load the network and the disk
    twice. Raises DownloadError when another process is downloading."""
    workspace.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(workspace.locks() / cache.DOWNLOADING)
    try:
        lock.acquire(timeout=WAIT)
    except Timeout:
        raise DownloadError(
            "Another process is already downloading, started on a page or in a shell: wait until it ends."
        ) from None
    try:
        yield
    finally:
        lock.release()


def fetch(
    url: str,
    target: Path,
    progress: Callable[[int, int | None], None] | None = None,
    *,
    attempts: int = 3,
    timeout: float = 30.0,
    most: int = 2_000_000_000,
) -> None:
    """Download `url` to `target`, which is only replaced once everything has arrived.

    `progress` gets the bytes received and the total, which is None when the server doesn't state it. A broken
    connection, `timeout` seconds without a byte and server errors (5xx) are tried again, from where the download broke
    off if the server allows it. Raises DownloadError, also for more than `most` bytes, and leaves no partial file.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(
            target,
            lambda file: _receive(url, _Arrival(url, file, target.parent, most, progress), attempts, timeout),
        )
    except OSError as error:  # of the disk: httpx has its own errors for the network
        raise DownloadError(
            f"{target.name} could not be saved in {target.parent} ({error.strerror or error}): "
            "free some space or check the folder's permissions, and try again."
        ) from error


class _Arrival:
    """What has arrived so far, and what is needed to continue from there."""

    def __init__(
        self, url: str, file: BinaryIO, folder: Path, most: int, progress: Callable[[int, int | None], None] | None
    ) -> None:
        self.url = url
        self.file = file
        self.folder = folder
        self.most = most
        self.progress = progress
        self.reported = 0.0
        self.received = 0
        self.total: int | None = None
        self.validator: str | None = None  # None: the server can't send parts, or can't tell whether the file changed

    def requests(self) -> list[dict[str, str]]:
        """The headers to try in turn: for the rest if the file is unchanged, then for the whole file."""
        if self.received and self.validator:
            return [{"Range": f"bytes={self.received}-", "If-Range": self.validator}, {}]
        return [{}]

    def is_continued_by(self, response: httpx.Response) -> bool:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        if not span or response.status_code != httpx.codes.PARTIAL_CONTENT or int(span[1]) != self.received:
            return False
        total = None if span[2] == "*" else int(span[2])
        if self.total is not None and total not in (None, self.total):
            return False
        if _validator(response) not in (None, self.validator):
            return False
        self.total = total or self.total
        return True

    def restart(self, response: httpx.Response) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.received = 0
        self.total = _length(response)
        self.validator = _validator(response)

    def save(self, response: httpx.Response) -> None:
        self._check_room()
        for chunk in response.iter_bytes():
            self.file.write(chunk)
            self.received += len(chunk)
            if self.received > self.most:
                raise too_large(self.url, self.most)
            self._report()
        if self.total is not None and self.received != self.total:
            raise httpx.RemoteProtocolError("the answer ended early")
        self._report(last=True)

    def _check_room(self) -> None:
        if self.total is None:
            return
        if self.total > self.most:
            raise too_large(self.url, self.most)
        if self.total - self.received > shutil.disk_usage(self.folder).free:
            raise DownloadError(
                f"The disk has too little room for the {words.size(self.total)} of {self.url}: "
                "free some space and try again."
            )

    def _report(self, last: bool = False) -> None:
        now = time.monotonic()
        if self.progress and (last or now - self.reported >= 1 / REPORTS):
            self.reported = now
            self.progress(self.received, self.total)


def _receive(url: str, arrival: _Arrival, attempts: int, timeout: float) -> None:
    """All of `url` into the arrival's file, in at most `attempts` attempts."""
    failure: Exception | None = None
    with _client(url, timeout) as client:
        for attempt in range(attempts):
            time.sleep(PAUSE * attempt)
            try:
                return _attempt(client, arrival)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                failure = error
                if not _is_passing(error):
                    break
    raise DownloadError(explanation(arrival.url, failure, arrival.received, arrival.total)) from failure


def _client(url: str, timeout: float) -> httpx.Client:
    # A file compressed on the way has no known length and no parts, and a zip gains nothing from it
    headers = {"Accept-Encoding": "identity", "User-Agent": "fitting-room"}
    try:
        return httpx.Client(headers=headers, timeout=timeout, follow_redirects=True)
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:  # a SOCKS proxy needs one more package
        raise DownloadError(
            f"The network settings in the environment can't be used ({error}): "
            f"check ALL_PROXY and SSL_CERT_FILE, {instead(url)}"
        ) from error


def _attempt(client: httpx.Client, arrival: _Arrival) -> None:
    for headers in arrival.requests():
        with client.stream("GET", arrival.url, headers=headers) as response:
            if arrival.is_continued_by(response):
                return arrival.save(response)
            if headers and response.status_code in UNFIT:
                continue
            response.raise_for_status()
            if response.status_code in UNFIT:
                raise httpx.RemoteProtocolError("a part instead of the whole")
            arrival.restart(response)
            return arrival.save(response)


def _is_passing(error: Exception) -> bool:
    """Whether another attempt may succeed."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)


def _length(response: httpx.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and "Content-Encoding" not in response.headers else None


def _validator(response: httpx.Response) -> str | None:
    """What tells whether the file is unchanged. Weak ETags (W/...) may not be used for parts (RFC 9110, 13.1.5)."""
    if response.headers.get("Accept-Ranges") == "none" or "Content-Encoding" in response.headers:
        return None
    tag: str = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")
