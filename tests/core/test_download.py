"""Downloads over real sockets, from a server that misbehaves on request."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.datasets import download
from core.errors import DownloadError
from tests.loopback import LoopbackServer, QuietRequest, without_proxies

CONTENT = bytes(range(256)) * 800  # 204,800 bytes: several reads
HALF = len(CONTENT) // 2
TAG = '"v1"'
DATE = "Sat, 01 Aug 2026 10:00:00 GMT"

Answer = Callable[["Request"], None]


class Request(QuietRequest):
    """One request; what is answered is the next item of the server's script, its last one repeated."""

    server: "Server"
    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        script = self.server.script
        (script.pop(0) if len(script) > 1 else script[0])(self)

    def answer(self, code: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class Server(LoopbackServer):
    def __init__(self) -> None:
        super().__init__(Request)
        self.script: list[Answer] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    def url(self, path: str = "/clothes.zip") -> str:
        return super().url(path)

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.seen]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "PAUSE", 0.0)
    without_proxies(monkeypatch)
    made = Server()
    with made.running():
        yield made
        made.closing.set()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "clothes.zip"


def whole(request: Request) -> None:
    request.answer(200, CONTENT)


def cut_off(request: Request, **headers: str) -> None:
    request.answer(200, CONTENT[:HALF], length=len(CONTENT), **headers)


def cut_off_with_tag(request: Request) -> None:
    cut_off(request, ETag=TAG, Accept_Ranges="bytes")


def rest(request: Request, tag: str = TAG, first: int | None = None, total: int = len(CONTENT)) -> None:
    """The part that was asked for, as a server with Range support sends it."""
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    span = f"bytes {start if first is None else first}-{len(CONTENT) - 1}/{total}"
    request.answer(206, CONTENT[start:], Content_Range=span, ETag=tag)


def stalled(request: Request) -> None:
    cut_off_with_tag(request)
    request.wfile.flush()
    request.server.closing.wait(timeout=5)


def status(code: int) -> Answer:
    return lambda request: request.answer(code, b"an explanation")


def refusal(server: Server, target: Path, *script: Answer, path: str = "/clothes.zip", **options: float) -> str:
    """The sentence with which the download fails; no file may be left."""
    server.script = list(script)
    with pytest.raises(DownloadError) as refused:
        download.fetch(server.url(path), target, **options)  # type: ignore[arg-type]
    assert list(target.parent.iterdir()) == []
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def arrives(server: Server, target: Path, *script: Answer, **options: float) -> None:
    server.script = list(script)
    download.fetch(server.url(), target, **options)  # type: ignore[arg-type]
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_whole(server: Server, target: Path) -> None:
    arrives(server, target, whole)
    assert server.ranges() == [None]


def test_an_older_file_is_replaced(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"older")
    arrives(server, target, whole)


def test_an_older_file_stays_when_the_download_fails(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"older")
    server.script = [cut_off]
    with pytest.raises(DownloadError):
        download.fetch(server.url(), target)
    assert target.read_bytes() == b"older"
    assert list(target.parent.iterdir()) == [target]


def test_progress(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "REPORTS", 1e9)
    server.script = [whole]
    seen: list[tuple[int, int | None]] = []
    download.fetch(server.url(), target, lambda received, total: seen.append((received, total)))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert {total for _, total in seen} == {len(CONTENT)}


def test_no_length_given(server: Server, target: Path) -> None:
    def chunked(request: Request) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for start in range(0, len(CONTENT), HALF):
            request.wfile.write(b"%x\r\n%b\r\n" % (HALF, CONTENT[start : start + HALF]))
        request.wfile.write(b"0\r\n\r\n")

    server.script = [chunked]
    seen: list[tuple[int, int | None]] = []
    download.fetch(server.url(), target, lambda received, total: seen.append((received, total)))
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), None)


def test_chunks_cut_off(server: Server, target: Path) -> None:
    def broken(request: Request) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"%x\r\n%b\r\n" % (HALF, CONTENT[:HALF]))
        request.close_connection = True

    assert "broke after 102 kB" in refusal(server, target, broken)
    arrives(server, target, broken, whole)


def test_redirects_are_followed(server: Server, target: Path) -> None:
    arrives(server, target, lambda request: request.answer(302, Location="/elsewhere"), whole)
    assert [path for path, _ in server.seen] == ["/clothes.zip", "/elsewhere"]


def test_redirects_in_circles(server: Server, target: Path) -> None:
    assert "circles" in refusal(server, target, lambda request: request.answer(302, Location="/clothes.zip"))


def test_cut_off_and_taken_up_again(server: Server, target: Path) -> None:
    arrives(server, target, cut_off_with_tag, rest)
    assert server.ranges() == [None, f"bytes={HALF}-"]
    assert server.seen[1][1]["If-Range"] == TAG


def test_taken_up_again_by_date(server: Server, target: Path) -> None:
    def dated(request: Request) -> None:
        cut_off(request, Last_Modified=DATE, ETag='W/"weak"')

    def dated_rest(request: Request) -> None:
        span = f"bytes {HALF}-{len(CONTENT) - 1}/{len(CONTENT)}"
        request.answer(206, CONTENT[HALF:], Content_Range=span, Last_Modified=DATE)

    arrives(server, target, dated, dated_rest)
    assert server.seen[1][1]["If-Range"] == DATE


def test_cut_off_twice(server: Server, target: Path) -> None:
    def a_bit_more(request: Request) -> None:
        span = f"bytes {HALF}-{len(CONTENT) - 1}/{len(CONTENT)}"
        request.answer(206, CONTENT[HALF : HALF + 1000], length=HALF, Content_Range=span, ETag=TAG)

    arrives(server, target, cut_off_with_tag, a_bit_more, rest)
    assert server.ranges() == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]


def test_a_server_without_parts_starts_again(server: Server, target: Path) -> None:
    arrives(server, target, cut_off, whole)
    assert server.ranges() == [None, None]


def test_a_server_that_ignores_the_range_starts_again(server: Server, target: Path) -> None:
    arrives(server, target, cut_off_with_tag, whole)
    assert server.ranges() == [None, f"bytes={HALF}-"]


@pytest.mark.parametrize(
    "part",
    [
        lambda request: rest(request, tag='"v2"'),
        lambda request: rest(request, first=HALF - 1),
        lambda request: rest(request, total=len(CONTENT) + 1),
        lambda request: request.answer(206, CONTENT[HALF:]),
        status(416),
    ],
    ids=["other file", "other place", "other length", "no place", "refused"],
)
def test_a_part_that_does_not_fit_is_not_used(server: Server, target: Path, part: Answer) -> None:
    arrives(server, target, cut_off_with_tag, part, whole, attempts=2)
    assert server.ranges() == [None, f"bytes={HALF}-", None]


def test_a_part_where_the_whole_was_asked_for(server: Server, target: Path) -> None:
    assert "nothing usable" in refusal(server, target, lambda request: request.answer(206, CONTENT[HALF:]))


def test_always_cut_off(server: Server, target: Path) -> None:
    assert "broke after 102 kB of 205 kB" in refusal(server, target, cut_off)
    assert len(server.seen) == 3


def test_attempts(server: Server, target: Path) -> None:
    refusal(server, target, cut_off, whole, attempts=1)
    assert len(server.seen) == 1


def test_stall_is_tried_again(server: Server, target: Path) -> None:
    arrives(server, target, stalled, rest, timeout=0.1)


def test_always_stalled(server: Server, target: Path) -> None:
    assert "broke after" in refusal(server, target, stalled, timeout=0.05, attempts=2)


def test_silence(server: Server, target: Path) -> None:
    def silent(request: Request) -> None:
        request.server.closing.wait(timeout=5)

    assert "nothing usable" in refusal(server, target, silent, timeout=0.05, attempts=2)
    assert len(server.seen) == 2


@pytest.mark.parametrize("code", [404, 403, 410, 429])
def test_the_servers_no_is_not_asked_again(server: Server, target: Path, code: int) -> None:
    sentence = refusal(server, target, status(code))
    assert str(code) in sentence
    assert "Data page" in sentence
    assert len(server.seen) == 1


def test_a_servers_own_error_is_tried_again(server: Server, target: Path) -> None:
    arrives(server, target, status(500), whole)


def test_a_servers_own_error_keeps_what_has_arrived(server: Server, target: Path) -> None:
    arrives(server, target, cut_off_with_tag, status(503), rest)


def test_a_server_always_in_error(server: Server, target: Path) -> None:
    assert "503" in refusal(server, target, status(503))
    assert len(server.seen) == 3


def test_less_than_the_length_promised(server: Server, target: Path) -> None:
    refusal(server, target, lambda request: request.answer(200, CONTENT, length=len(CONTENT) + 1))


def test_a_length_that_is_no_number(server: Server, target: Path) -> None:
    def odd(request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + CONTENT)
        request.close_connection = True

    assert "nothing usable" in refusal(server, target, odd)


def test_too_large_by_its_length(server: Server, target: Path) -> None:
    assert "larger than" in refusal(server, target, whole, most=HALF)
    assert len(server.seen) == 1


def test_too_large_as_it_comes(server: Server, target: Path) -> None:
    def endless(request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + CONTENT)  # its end is the end of the connection
        request.close_connection = True

    assert "larger than" in refusal(server, target, endless, most=HALF)


def test_too_little_room(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: free)  # type: ignore[attr-defined]
    assert "disk" in refusal(server, target, whole)


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="could not be saved"):
        download.fetch(server.url(), tmp_path / "file" / "clothes.zip")


def test_nobody_listens(server: Server, target: Path) -> None:
    address = server.url()
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="no connection to 127"):
        download.fetch(address, target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("url", ["", "clothes", "ftp://127.0.0.1/clothes.zip", "http://\n", "http://127.0.0.1:port/"])
def test_no_web_address(target: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="must be a web address"):
        download.fetch(url, target)
    assert list(target.parent.iterdir()) == []


def test_unusable_proxy(server: Server, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "no-such-scheme://127.0.0.1:1")
    assert "ALL_PROXY" in refusal(server, target, whole)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interruption_passes_and_leaves_nothing(
    server: Server, target: Path, interruption: type[BaseException]
) -> None:
    def stop(received: int, total: int | None) -> None:
        raise interruption

    server.script = [whole]
    with pytest.raises(interruption):
        download.fetch(server.url(), target, stop)
    assert list(target.parent.iterdir()) == []


def test_base_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FITTING_ROOM_DOWNLOADS", raising=False)
    assert download.base_address() + download.CLOTHING_ZIP == (
        "https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip"
    )
    monkeypatch.setenv("FITTING_ROOM_DOWNLOADS", "http://127.0.0.1:8000/")
    assert download.base_address() == "http://127.0.0.1:8000"
