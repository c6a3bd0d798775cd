"""The buttons that take all answers away as a table, and the one that starts over."""

from functools import partial

import streamlit as st

from core.answering import sheet, tables
from core.answering.tables import Result
from pages.predicting import tray


def show(results: list[Result], count: int, pictures: dict[int, bytes]) -> None:
    """Draw the buttons for the table of all answers so far, and for starting over.

    The table is written now and not at the click: a click while the page is drawn again would find no table. An Excel
    sheet with its pictures takes too long for that.
    """
    explanation = (
        "One row per photo. The column *use* has the answer if the model is sure; else *check* (not sure) or *none* "
        "(none of these). Beside it: the model's guess with its probability, the second answer, and why to doubt it or "
        "why the photo could not be read. The column *corrected* has what you put right, *one_of* "
        "the classes of which one is right, if you chose answers with sets."
    )
    if len(results) < count:
        explanation += f" So far {len(results)} of {count} photos."
    st.download_button(
        "CSV",
        "".join(tables.as_csv(results)).encode(),
        "answers.csv",
        "text/csv",
        icon=":material/download:",
        help=explanation,
        on_click="ignore",
        key="predict-csv",
    )
    st.download_button(
        "Excel",
        partial(sheet.as_xlsx, results, pictures),
        "answers.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/table:",
        help=f"{explanation} With a small picture of each photo.",
        on_click="ignore",
        key="predict-excel",
    )
    st.download_button(
        "JSON",
        tables.as_json(results),
        "answers.json",
        "application/json",
        icon=":material/data_object:",
        help=explanation,
        on_click="ignore",
        key="predict-json",
    )
    st.button(
        "Start over",
        icon=":material/restart_alt:",
        key="predict-clear",
        on_click=tray.clear,
        help="Removes all photos and their answers.",
    )
