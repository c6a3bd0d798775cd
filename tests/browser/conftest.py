"""A real Chromium with a real server, and a new workspace for each test."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core import workspace
from core.datasets import catalogue, drawn
from tests.browser import warm
from tests.conftest import shared_folder

# Debian's headless shell is Chromium without windows and menus: a page costs half the computing.
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((path for path in BROWSERS if path.exists()), BROWSERS[-1])
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--force-prefers-reduced-motion",
]
PATIENCE = 60.0  # s
PATIENCE_OF_EXPECT = 60_000  # ms; a busy machine needs longer than its five seconds


SEEN = """() => [
    `address: ${location.href}`,
    `app: ${JSON.stringify(document.querySelector('[data-testid=stApp]')?.dataset)}`,
    `connection: ${document.querySelector('[data-testid=stStatusWidget]')?.innerText}`,
    `focus: ${document.activeElement?.outerHTML.slice(0, 200)}`,
    ...[...document.querySelectorAll('[role=dialog]')].map(each => `dialog: ${each.innerText.slice(0, 300)}`),
    ...[...document.querySelectorAll('[inert]')].map(each => `inert: ${each.outerHTML.slice(0, 200)}`),
    `text: ${document.querySelector('[data-testid=stMain]')?.innerText.slice(0, 2000)}`,
].join('\\n')"""


_complaints: weakref.WeakKeyDictionary[Any, list[str]] = weakref.WeakKeyDictionary()  # by page


def listen(page: Any) -> None:
    """Keep what a page complains about."""
    complaints = _complaints.setdefault(page, [])

    def hear(message: Any) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text[:2000]}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"error: {error.stack or error}"))
    page.on("crash", lambda _page: complaints.append("The page has crashed."))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Say what the open pages showed when a test failed, and what the server wrote."""
    report = yield
    if report.when == "call" and report.failed:
        fixtures: dict[str, Any] = getattr(item, "funcargs", {})
        browser, own = fixtures.get("browser"), [fixtures[name] for name in ("page", "tab") if name in fixtures]
        others = [page for context in browser.contexts for page in context.pages] if browser else []
        for page in dict.fromkeys([*own, *others]):
            try:
                seen = page.evaluate(SEEN)
            except Exception as error:  # whatever it says, the test's own failure is what counts
                seen = f"nothing can be seen: {error}"
            report.sections.append(("an open page", "\n".join([seen, *_complaints.get(page, [])])))
        if isinstance(server := fixtures.get("server"), Server):
            report.sections.append(("the server", server.log()[-4000:]))
    return report


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        sentence = f"there is no browser at {CHROMIUM}"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_OF_EXPECT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        chromium.on("context", lambda context: context.on("page", listen))
        yield chromium
        chromium.close()


@pytest.fixture
def browser(_chromium: Any) -> Iterator[Any]:
    """Chromium. Without it, tests are skipped with a reason, or fail if REQUIRE_BROWSER=1.

    What a test has left open is closed after it: such pages would ask for their ended server again and again.
    """
    yield _chromium
    for context in list(_chromium.contexts):
        context.close()


class Server:
    """`streamlit run app.py`, or another script, on loopback. Forked where there is a process that has loaded it."""

    def __init__(self, home: Path, script: str = "app.py", loaded: warm.Loaded | None = None) -> None:
        self._home = home
        self._script = script
        self._loaded = loaded
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | warm.Forked | None = None

    def start(self) -> None:
        options = {"server.port": self.port, "server.headless": "true"}
        arguments = ["run", self._script, *(f"--{name}={value}" for name, value in options.items())]
        environment = {**os.environ, "FITTING_ROOM_HOME": str(self._home), "FITTING_ROOM_IDLE": "5"}
        log = self._home / "server.log"
        if self._loaded:
            self._process = self._loaded.fork(arguments, environment, log)
        else:
            command = [sys.executable, "-m", "streamlit", *arguments]
            with log.open("ab") as file:
                self._process = subprocess.Popen(
                    command, cwd=workspace.PROJECT, env=environment, stdout=file, stderr=file
                )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        pytest.fail(f"the app did not start within {PATIENCE:.0f} s: {self.log()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def log(self) -> str:
        return (self._home / "server.log").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def _garments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn garments, drawn once: each server in a workspace without them would draw for seven seconds."""
    return shared_folder(tmp_path_factory, "garments", drawn.draw)


@pytest.fixture(scope="session")
def _loaded() -> Iterator[warm.Loaded]:
    process = warm.Loaded()
    yield process
    process.end()


@pytest.fixture
def server(home: Path, _garments: Path, _loaded: warm.Loaded) -> Iterator[Server]:
    """A server in a workspace that has nothing but the drawn garments. At the end, its worker has ended too."""
    catalogue.own_folder(catalogue.DRAWN).mkdir(parents=True)
    (catalogue.own_folder(catalogue.DRAWN) / "photos").symlink_to(_garments)
    with _running(Server(home, loaded=_loaded), home) as started:
        yield started


@pytest.fixture
def first_server(home: Path) -> Iterator[Server]:
    """A server in an empty workspace, started as people start it."""
    with _running(Server(home), home) as started:
        yield started


@contextlib.contextmanager
def _running(server: Server, home: Path) -> Iterator[Server]:
    server.start()
    yield server
    server.stop()
    end_processes_of(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def serve(home: Path, tmp_path: Path, _loaded: warm.Loaded) -> Iterator[Callable[[str], Server]]:
    """Starts a server with a script instead of the app. At the end, none of its runs has failed."""
    running: list[Server] = []

    def start(text: str) -> Server:
        script = tmp_path / "script.py"
        script.write_text(text, encoding="utf-8")
        running.append(Server(home, str(script), _loaded))
        running[-1].start()
        return running[-1]

    yield start
    for server in running:
        server.stop()
        assert "Traceback" not in server.log()


def end_processes_of(home: Path) -> None:
    """End the background processes that a server has started in its workspace: they outlive it."""
    ended = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("FITTING_ROOM_HOME") == str(home) and process.pid != os.getpid():
                process.kill()
                ended.append(process)
    psutil.wait_procs(ended, timeout=PATIENCE)
