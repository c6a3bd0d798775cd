"""The offered download from a server on loopback: in this process, and in the one that a page starts."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import workspace
from core.datasets import catalogue, download, offered
from core.errors import AppError, DatasetError, DownloadError
from core.files import processes
from tests.conftest import TINY_CLASSES, zipped
from tests.loopback import LoopbackServer, QuietRequest, without_proxies

GITHUB = "clothing-dataset-small-master/"
PATIENCE = 30.0  # seconds that a process may take to get where it should; it takes one


class Request(QuietRequest):
    server: "Server"

    def respond(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200 if self.path == download.CLOTHING_ZIP else 404)
        self.end_headers()
        if self.path == download.CLOTHING_ZIP:
            half = len(self.server.content) // 2
            self.wfile.write(self.server.content[:half])
            self.wfile.flush()
            self.server.go_on.wait(timeout=PATIENCE)
            self.wfile.write(self.server.content[half:])


class Server(LoopbackServer):
    """Serves `content` where GitHub has the dataset, without telling its length, as GitHub does."""

    def __init__(self) -> None:
        super().__init__(Request)
        self.content = b""
        self.asked: list[str] = []
        self.go_on = threading.Event()  # until it is set, only half of the content is sent
        self.go_on.set()

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a killed process hangs up


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tiny_dataset: Path) -> Iterator[Server]:
    without_proxies(monkeypatch)
    monkeypatch.setattr(download, "PAUSE", 0.0)
    made = Server()
    monkeypatch.setenv("FITTING_ROOM_DOWNLOADS", made.url())
    made.content = zipped(tiny_dataset, GITHUB)
    with made.running():
        yield made
        made.go_on.set()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The processes that `offered.start` started; none outlives the test."""
    begun: list[subprocess.Popen[bytes]] = []
    start = processes.start

    def kept(*arguments: str) -> "subprocess.Popen[bytes]":
        begun.append(start(*arguments))
        return begun[-1]

    monkeypatch.setattr(processes, "start", kept)
    yield begun
    for process in begun:
        process.kill()
        process.wait(timeout=PATIENCE)


def files(home: Path) -> list[str]:
    """All but the locks, which stay."""
    found = (path.relative_to(home) for path in home.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != "locks")


def until(reached: Callable[[offered.Status], bool]) -> offered.Status:
    """The first status that is as it should be."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        status = offered.status()
        if status and reached(status):
            return status
        time.sleep(0.02)
    pytest.fail(f"after {PATIENCE:.0f} s the status is {offered.status()}")


def test_fetch(server: Server, home: Path) -> None:
    told: list[tuple[float, str]] = []
    dataset = offered.fetch(lambda share, words: told.append((share, words)))
    assert dataset == catalogue.load(catalogue.CLOTHING)
    assert dataset.classes == TINY_CLASSES
    assert [len(split) for split in dataset.splits.values()] == [18, 9, 9]
    assert server.asked == [download.CLOTHING_ZIP]
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.9
    assert shares[-1] == 1
    assert "MB" in told[0][1]
    assert told[-1][1] == "unpacking the photos"
    assert all(name.startswith("datasets/clothing/") for name in files(home)), "the zip itself is not kept"


def test_fetch_where_it_is_already(server: Server, home: Path) -> None:
    offered.fetch()
    before = files(home)
    for again in (offered.fetch, offered.start):
        with pytest.raises(DatasetError, match="There is a dataset 'clothing' already"):
            again()
    assert len(server.asked) == 1
    assert files(home) == before


@pytest.mark.parametrize("trouble", ["no such file", "a web page", "no dataset", "cut short", "nobody there"])
def test_a_failure_leaves_nothing(
    server: Server, home: Path, tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    expected: type[AppError] = DatasetError
    if trouble == "no such file":
        monkeypatch.setattr(Request, "do_GET", lambda request: request.send_error(404))
        expected = DownloadError
    elif trouble == "a web page":
        server.content = b"<!DOCTYPE html><title>Sign in to the hotel's network</title>"
    elif trouble == "no dataset":
        server.content = zipped(tiny_dataset / "train" / "disc", GITHUB)
    elif trouble == "cut short":
        server.content = server.content[:-100]
    else:
        monkeypatch.setenv("FITTING_ROOM_DOWNLOADS", "http://127.0.0.1:9")  # the discard port
        expected = DownloadError
    with pytest.raises(expected) as failed:
        offered.fetch()
    assert str(failed.value).endswith(".")
    assert files(home) == []
    assert catalogue.names() == [catalogue.DRAWN]
    assert list((home / "cache" / "downloads").iterdir()) == []


def test_an_interruption_leaves_nothing(server: Server, home: Path) -> None:
    def stop(share: float, words: str) -> None:
        if words.startswith("unpacking"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        offered.fetch(stop)
    assert files(home) == []
    assert not (home / "datasets" / catalogue.CLOTHING).exists()


def test_no_download_was_started(home: Path) -> None:
    assert offered.status() is None
    offered.forget()
    assert files(home) == []


def test_a_damaged_status_is_none(home: Path) -> None:
    (home / "cache" / "downloads").mkdir(parents=True)
    for content in ("", "{", "[]", "3"):
        (home / "cache" / "downloads" / "status.json").write_text(content)
        assert offered.status() is None


def test_the_page_follows_a_download_in_its_own_process(
    server: Server, home: Path, started: list["subprocess.Popen[bytes]"]
) -> None:
    server.go_on.clear()
    offered.start()
    seen = until(lambda status: status.running and status.share > 0 and not status.error)
    assert seen.share < 0.9
    assert "MB" in seen.words
    assert catalogue.CLOTHING not in catalogue.names()
    offered_twice = processes.start("core.datasets.offered", "download.log")  # another page's, at the same time
    assert offered_twice.wait(timeout=PATIENCE) == 0
    assert "another download is running" in (home / "locks" / "download.log").read_text()
    assert until(lambda status: status.running).share >= seen.share
    server.go_on.set()
    assert until(lambda status: status.share >= 1 and not status.running) == offered.Status(share=1.0, words="done")
    assert started[0].wait(timeout=PATIENCE) == 0
    assert catalogue.load(catalogue.CLOTHING).classes == TINY_CLASSES
    assert len(server.asked) == 1
    offered.forget()
    assert offered.status() is None


def test_a_download_that_fails_in_its_own_process_says_why(
    server: Server, home: Path, started: list["subprocess.Popen[bytes]"]
) -> None:
    server.content = b"<!DOCTYPE html><title>Sign in to the hotel's network</title>"
    offered.start()
    failed = until(lambda status: bool(status.error) and not status.running)
    assert "a web page" in failed.error
    assert failed.error.endswith(".")
    assert started[0].wait(timeout=PATIENCE) == 0
    assert (home / "locks" / "download.log").read_text() == ""
    assert catalogue.names() == [catalogue.DRAWN]


def test_a_page_and_the_shell_at_the_same_time(
    server: Server, home: Path, started: list["subprocess.Popen[bytes]"]
) -> None:
    server.go_on.clear()
    offered.start()
    until(lambda status: status.running and status.share > 0)
    shell = [sys.executable, "-m", "core", "data", "download"]
    second = subprocess.run(shell, cwd=workspace.PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert second.returncode == 1
    assert second.stderr.startswith("Another process is already downloading")
    assert second.stderr.count("\n") == 1
    server.go_on.set()
    until(lambda status: status.share >= 1 and not status.running)
    assert catalogue.load(catalogue.CLOTHING).classes == TINY_CLASSES
    assert len(server.asked) == 1


def test_the_shell_and_a_page_at_the_same_time(
    server: Server, home: Path, started: list["subprocess.Popen[bytes]"]
) -> None:
    server.go_on.clear()
    shell = subprocess.Popen([sys.executable, "-m", "core", "data", "download"], cwd=workspace.PROJECT)
    try:
        end = time.monotonic() + PATIENCE
        while not server.asked and time.monotonic() < end:
            time.sleep(0.02)
        offered.start()
        told = until(lambda status: bool(status.error) and not status.running)
        assert told.error.startswith("Another process is already downloading")
        server.go_on.set()
        assert shell.wait(timeout=PATIENCE) == 0
    finally:
        shell.kill()
    assert catalogue.load(catalogue.CLOTHING).classes == TINY_CLASSES
    assert len(server.asked) == 1


def test_a_killed_download_says_so_and_can_be_started_again(
    server: Server, started: list["subprocess.Popen[bytes]"]
) -> None:
    server.go_on.clear()
    offered.start()
    until(lambda status: status.running and status.share > 0)
    started[0].kill()
    started[0].wait(timeout=PATIENCE)
    killed = offered.status()
    assert killed is not None
    assert not killed.running
    assert killed.error == "The download was interrupted. Start it again."
    assert catalogue.names() == [catalogue.DRAWN]
    server.go_on.set()
    offered.start()
    until(lambda status: status.share >= 1 and not status.running)
    assert catalogue.CLOTHING in catalogue.names()
