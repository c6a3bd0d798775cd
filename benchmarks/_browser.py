"""What benchmarks in a real browser share: the app in a workspace of its own, a slow Chromium, and busy cores."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks import _server

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IS_OPEN = 10_000  # ms until an option of an open list can be clicked
OPENINGS = 5  # of a list that closes


@contextmanager
def app(home: Path) -> Iterator[str]:
    """`streamlit run app.py` on loopback with a workspace of its own; yields its address."""
    with _server.serve(home) as server:
        yield server.address


@contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """So many processes that compute without end."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait(10)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium. Ends the program with a sentence where there is none."""
    if not CHROMIUM.exists():
        sys.exit(f"There is no browser at {CHROMIUM}; this benchmark needs one.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def slow_page(browser: Any, slowdown: float, **options: Any) -> Any:
    """A page whose processor is so many times slower than this machine's."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, **options)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return page


def choose(page: Any, label: str, option: str, exact: bool = True) -> None:
    """Choose an option of a selectbox, or without `exact` the first one that contains the text.

    A list closes when the page scrolls, so it is opened again, as people do. A long one only holds the options in view,
    so the text is typed too.
    """
    from playwright.sync_api import TimeoutError as TooLate

    choice = page.get_by_role("option", name=option, exact=exact).first
    field = page.get_by_role("combobox", name=label, exact=True)
    for _ in range(OPENINGS):
        field.click()
        if field.is_editable():
            field.fill(option)
        with suppress(TooLate):
            choice.click(timeout=IS_OPEN)
            return
    raise TooLate(f"The list {label} did not stay open.")
