"""What the first visits of pages would wait for, done in the background once the first page is open.

Augment and Train need the drawn garments, which take seconds to draw, and some libraries. A page that comes first waits
as before: the drawing is locked, and so are imports.
"""

import contextlib
import gc
import importlib
import threading
from pathlib import Path

import streamlit as st
from streamlit import runtime

from core.datasets import catalogue
from core.errors import AppError

DELAY = 1.0  # s: the first page goes first
PAGES = Path(__file__).resolve().parent.parent


@st.cache_resource(show_spinner=False)
def start() -> None:
    """Start the preparation, once in the life of a server; never where a test runs a page without a server."""
    if type(runtime.get_instance()) is runtime.Runtime:  # a test's stand-in passes for an instance
        timer = threading.Timer(DELAY, _prepare)
        timer.daemon = True  # the server may stop meanwhile
        timer.start()


def parts() -> list[str]:
    """The modules of which the pages consist."""
    return [f"pages.{path.parent.name}.{path.stem}" for path in sorted(PAGES.glob("*/[!_]*.py"))]


def _prepare() -> None:
    for module in parts():  # with the libraries that they need
        importlib.import_module(module)
    with contextlib.suppress(AppError, OSError):  # the page that needs the garments shows what is wrong
        catalogue.load(catalogue.DRAWN)
    settle()


def settle() -> None:
    """Hide what lives as long as the server, such as modules, from Python's garbage collector.

    Each full collection would go through all of it: with 1,000 runs, pauses of 100 to 350 ms in the middle of a click.
    """
    gc.collect()
    gc.freeze()
