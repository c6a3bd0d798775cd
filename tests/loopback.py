"""HTTP servers on loopback, for downloads without a network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class QuietRequest(BaseHTTPRequestHandler):
    """A request that is not logged; `respond` answers it."""

    def do_GET(self) -> None:
        self.respond()

    def respond(self) -> None:
        raise NotImplementedError

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class LoopbackServer(ThreadingHTTPServer):
    """A server on a free port."""

    daemon_threads = True

    def __init__(self, request: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), request)

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer requests during the block."""
        with self:
            thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            try:
                yield
            finally:
                self.shutdown()
                thread.join(timeout=5)


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing stand between this process and the servers."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
