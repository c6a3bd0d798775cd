"""What the first visits of pages would wait for, done in the background once the first page is open.

Augment and Train need the drawn garments, which take seconds to draw, and some libraries. A page that comes first waits
as before: the drawing is locked, and so are imports.
"""

import contextlib
import importlib
import threading

import streamlit as st
from streamlit import runtime

from core.datasets import catalogue
from core.errors import AppError

DELAY = 1.0  # s: the first page goes first
MODULES = ("pandas", "pages.augmenting.editor", "pages.augmenting.label_check", "pages.training.runs",
           "pages.training.form", "pages.predicting.answers", "pages.comparing.table")  # fmt: skip


@st.cache_resource(show_spinner=False)
def start() -> None:
    """Start the preparation, once in the life of a server; never where a test runs a page without a server."""
    if type(runtime.get_instance()) is runtime.Runtime:  # a test's stand-in passes for an instance
        timer = threading.Timer(DELAY, _prepare)
        timer.daemon = True  # the server may stop meanwhile
        timer.start()


def _prepare() -> None:
    for module in MODULES:
        importlib.import_module(module)
    with contextlib.suppress(AppError, OSError):  # the page that needs the garments shows what is wrong
        catalogue.load(catalogue.DRAWN)
