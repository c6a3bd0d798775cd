"""The report of the compared runs, as a file to hand out, their table for a spreadsheet, and the notebook."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import words
from core.reporting import export, notebook, report
from core.runs.folder import Run
from pages.frame import session


def show(runs: Sequence[Run], title: str, question: str) -> None:
    """Draw the choice and the buttons. The report is made at the click, since its file has 5 MB."""
    st.markdown(
        f"One file about {words.count(len(runs), 'run')}: the conclusion, curves, scores, settings and what the "
        "numbers mean. It works offline and prints well."
    )
    with_pictures = st.toggle(
        "Small pictures of mistakes",
        **session.compare("report-pictures").widget(False),
        help="Adds the photos that the best run got wrong most surely. Leave it off if the photos are not yours to "
        "hand out.",
    )
    with st.container(horizontal=True):
        st.download_button(
            "Make the report",
            partial(report.html, tuple(runs), title, question, with_pictures),
            export.file_name(title),
            "text/html",
            icon=":material/description:",
            type="primary",
            help="One HTML file. Open it in a browser; print it there to get a PDF.",
            on_click="ignore",
            key="compare-report",
        )
        st.download_button(
            "CSV",
            report.csv(runs).encode(),
            export.file_name(title, "csv"),
            "text/csv",
            icon=":material/download:",
            help="One row per run: settings, scores, intervals and time.",
            on_click="ignore",
            key="compare-csv",
        )
        st.download_button(
            "Notebook",
            partial(notebook.of, tuple(runs)),
            export.file_name(title, export.NOTEBOOK),
            "application/x-ipynb+json",
            icon=":material/school:",
            help="The same training in plain Keras for Colab or Jupyter, with explanations: photos, network, training, "
            "scores. It does not need this app.",
            on_click="ignore",
            key="compare-notebook",
        )
