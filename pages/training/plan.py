"""What Train is about to run: one run, or a study around it."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core import words, workspace
from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from core.errors import AppError
from core.runs import estimate, studies
from core.runs.config import RunConfig
from core.runs.settings import SETTINGS
from core.runs.studies import Study
from pages.frame import session
from pages.photos import dataset_picker

ONE, ABLATION, ANY_GRID = "one", "ablation", "grid"  # what to run, beside the studies by name
LABELS = {
    ONE: "One run",
    **{key: f"Study: {one.label.lower()} ({len(one.variants)} runs)" for key, one in studies.STUDIES.items()},
    ABLATION: "Study: ablation of the recipe",
    ANY_GRID: "Study: a grid of settings",
}


@dataclass(frozen=True)
class Plan:
    """The chosen study, if it is one, and the runs that it makes."""

    study: Study | None
    runs: list[RunConfig]


def study_of(chosen: str, base: RunConfig, text: str) -> Study | None:
    """The chosen study, None for one run. Raises SettingsError for a grid or recipe that makes none."""
    if chosen == ONE:
        return None
    return studies.find(chosen, base, text)


@st.cache_resource(ttl=30, max_entries=8, show_spinner=False)
def _listed(name: str, folder: str) -> Dataset:
    """The dataset, remembered for a while: listing thousands of files at every key press would be felt."""
    return catalogue.load(name)


def dataset(name: str) -> Dataset:
    """The dataset as it was up to half a minute ago. Raises DatasetError."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        dataset_picker.load(name)  # says why it takes some seconds
    return _listed(name, str(workspace.datasets()))


def choose() -> None:
    """One run, or a study around it."""
    st.selectbox(
        "What to run",
        list(LABELS),
        **session.STUDY.choice(LABELS),
        format_func=LABELS.__getitem__,
        help="A study queues several runs that differ in one thing; they share what they can, so the later ones are "
        "quick.",
    )


def grid() -> None:
    """The text of a grid, with the names that it may use at hand."""
    st.text_area(
        "Grid",
        **session.GRID.widget(""),
        height=96,
        placeholder="dropout = 0, 0.2, 0.5\nlearning_rate = 0.01, 0.001",
        help=f"A line per setting: its name, an equals sign, the values. Every combination is run, up to "
        f"{studies.MOST_RUNS}.",
    )
    with st.popover("Names and values", icon=":material/list:"):
        st.markdown("The settings that a grid can vary; all others stay as the form has them.")
        varied = [one for one in SETTINGS.values() if one.example]
        st.dataframe(
            pd.DataFrame(
                {
                    "Setting": [one.title for one in varied],
                    "Line of a grid": [f"{one.name} = {one.example}" for one in varied],
                }
            ),
            hide_index=True,
            alt="The settings' names with values as an example",
        )


def plan(settings: RunConfig, chosen: str, text: str) -> Plan:
    """The runs that were chosen. Raises SettingsError."""
    study = study_of(chosen, settings, text)
    return Plan(study, studies.configs(study, settings) if study else [settings])


def overview(settings: RunConfig, photos: Dataset) -> None:
    """All studies with the number of their runs and the time they take, counted when it is opened."""
    part = st.popover("All studies", icon=":material/science:", on_change="rerun", key="train-studies")
    if not part.open:
        return
    lines = []
    for key, label in LABELS.items():
        if key == ANY_GRID:
            continue
        try:
            runs = plan(settings, key, "").runs
            lines.append((label.partition(" (")[0].removeprefix("Study: ").capitalize(), len(runs),
                          words.duration(estimate.seconds(runs, photos))))  # fmt: skip
        except AppError:
            lines.append((label.removeprefix("Study: ").capitalize(), None, "needs two transforms or more"))
    with part:
        st.dataframe(
            pd.DataFrame(lines, columns=["Study", "Runs", "Expected time"]),
            hide_index=True,
            alt="The studies with their number of runs and expected time",
        )
