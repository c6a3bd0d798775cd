"""The table of runs on Compare: what differs in front, scores, time and notes, with a tick box for each run."""

import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import words
from core.comparing import differences, table
from core.comparing.table import Row
from core.runs import course
from core.runs.folder import Run
from pages.comparing import filters
from pages.frame import badges, session
from pages.runs import percent

MOST_DIFFERING = 8  # columns in front
HEIGHT = 420  # px, of a long table


def ticked(runs: Sequence[Run]) -> list[Run]:
    """Show the runs as a table, and return the ticked ones.

    Streamlit stores ticks as row numbers. So the table gets another key when its rows change, and starts with the ticks
    of the runs that are still there.
    """
    rows = table.rows(runs)
    differing = differences.differing(runs)[:MOST_DIFFERING]
    places = {run.id: place for place, run in enumerate(runs)}
    ticks = [places[run_id] for run_id in session.COMPARE_TICKED.get() if run_id in places]
    key = f"compare-table-{session.COMPARE_TABLES.get()}-{zlib.crc32(repr(list(places)).encode()):x}"
    frame = _frame(rows, differing)
    order = _order(frame, differing)
    selected = st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        height=HEIGHT if len(rows) > 10 else "auto",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticks, "columns": [], "cells": []}},
        key=key,
        column_order=order,
        column_config=_configuration(),
        alt="Runs with their settings and scores",
    ).selection.rows
    if course.COLUMN in order:
        st.caption(course.SOURCE)
    chosen = [runs[place] for place in sorted(selected) if place < len(runs)]
    hidden = [run_id for run_id in session.COMPARE_TICKED.get() if run_id not in places]  # by a filter, or deleted
    session.COMPARE_TICKED.set((*(run.id for run in chosen), *hidden))
    return chosen


def _frame(rows: Sequence[Row], differing: Sequence[str]) -> pd.DataFrame:
    chosen, _ = filters.columns()
    settings = list(dict.fromkeys([*differing, *chosen]))
    return pd.DataFrame([_cells(row, settings) for row in rows])


def _cells(row: Row, settings: Sequence[str]) -> dict[str, Any]:
    low, high = row.test_interval or (None, None)
    return {
        "★": "★" if row.run.notes.is_starred else "",
        "Run": row.run.name,
        "State": badges.STATES[row.run.state].text,
        **{differences.title(name): row.setting(name) for name in settings},
        "Validation": percent.value(row.validation_accuracy),
        "Test": percent.value(row.test_accuracy),
        "Test photos right": f"{row.test_correct:,} of {row.test_count:,}" if row.test_count else "",
        "validation_loss": row.validation_loss,
        "best_epoch": row.best_epoch,
        "epochs": row.epochs,
        "interval": f"{low:.1%} to {high:.1%}" if low is not None and high is not None else "",
        "seconds": words.duration(row.seconds) if row.seconds else "",
        "size": words.size(row.model_bytes) if row.model_bytes else "",
        course.COLUMN: percent.value(row.course_accuracy),
        "note": row.run.notes.note,
        "started": row.started,
    }


def _order(frame: pd.DataFrame, differing: Sequence[str]) -> list[str]:
    settings, figures = filters.columns()
    starred = ["★"] if (frame["★"] != "").any() else []
    course_column = [course.COLUMN] if frame[course.COLUMN].notna().any() else []
    test = ["Test", "Test photos right"] if frame["Test"].notna().any() else []
    shown = dict.fromkeys([*differing, *settings])
    return [*starred, "Run", "State", *map(differences.title, shown), "Validation", *test, *course_column, *figures]


def _configuration() -> dict[str, Any]:
    return {
        "★": st.column_config.TextColumn("★", width=40, help="Starred runs."),
        "Run": st.column_config.TextColumn(width="medium", pinned=True),
        "Validation": percent.column("Accuracy of the best epoch, on the photos that chose it."),
        "Test": percent.column("Accuracy on photos that were not used to choose anything."),
        course.COLUMN: percent.column("Its best validation accuracy in the same experiment.", course.NAME),
        "validation_loss": st.column_config.NumberColumn(
            filters.EXTRA["validation_loss"], format="%.3f", width="small"
        ),
        "interval": st.column_config.TextColumn(
            filters.EXTRA["interval"],
            help="Contains the true accuracy 19 times out of 20 (Wilson's interval).",
        ),
        "started": st.column_config.DatetimeColumn(filters.EXTRA["started"], format="D MMM, HH:mm"),
        **{name: filters.EXTRA[name] for name in ("best_epoch", "epochs", "seconds", "size", "note")},
    }
