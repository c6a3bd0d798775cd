"""Figures of runs that all sessions share: drawn once for each state of the runs' files.

Plotly takes 10 to 30 ms for a figure, in which no other session is served, and Train shows two every second to
everybody who watches. Nobody may change a shared figure.
"""

import threading
from collections.abc import Callable
from functools import lru_cache

import plotly.graph_objects as go

from core.drawing import figures
from core.drawing.curve_lines import Look
from core.files.versions import Latest
from core.runs.readings import CurvesReading

_drawing = threading.Lock()  # or all who look at the same moment would draw the same


def curves(
    runs: tuple[tuple[str, CurvesReading], ...],
    quantity: str,
    epochs: int | None = None,
    log: bool = False,
    theme: str = "light",
    look: Look = Look(),  # noqa: B008 (frozen)
    colours: tuple[int, ...] = (),
) -> go.Figure:
    """See `figures.curves`."""
    with _drawing:
        return _curves(runs, quantity, epochs, log, theme, look, colours)


@lru_cache(maxsize=64)
def _curves(
    runs: tuple[tuple[str, CurvesReading], ...],
    quantity: str,
    epochs: int | None,
    log: bool,
    theme: str,
    look: Look,
    colours: tuple[int, ...],
) -> go.Figure:
    named = [(name, reading.curves) for name, reading in runs]
    return figures.curves(named, quantity, epochs, log, theme, look, colours)


def of_search(
    what: Callable[..., go.Figure], key: tuple[str, ...], made_of: tuple[object, ...], theme: str = "light"
) -> go.Figure:
    """A figure of `search_figures`; `made_of` are its arguments and `key` names the search and its part."""
    return _of_searches.get((what, key, theme), made_of, lambda: what(*made_of, theme))


_of_searches: Latest[go.Figure] = Latest(64)


@lru_cache(maxsize=64)
def confusion(counts: tuple[tuple[int, ...], ...], labels: tuple[str, ...], theme: str = "light") -> go.Figure:
    """See `figures.confusion`."""
    return figures.confusion(counts, labels, theme)
