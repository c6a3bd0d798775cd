"""What Train is going to run: one run, or a study based on it."""

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

ONE = "one"  # the choice that is no study
ABLATION, ANY_GRID, SEARCH = studies.ABLATION, studies.GRID, studies.SEARCH
LABELS = {
    ONE: "One run",
    **{key: f"Study: {study.label.lower()} ({len(study.variants)} runs)" for key, study in studies.STUDIES.items()},
    studies.WITH_AND_WITHOUT: "Study: with and without augmentation (2 runs)",
    ABLATION: "Study: ablation of the recipe",
    ANY_GRID: "Study: a grid of settings",
    SEARCH: "Search: find good settings",
}
NEEDS = {studies.WITH_AND_WITHOUT: "needs a transform", ABLATION: "needs two or more transforms"}  # of the recipe


@dataclass(frozen=True)
class Plan:
    """The chosen study, or None for one run, and its runs."""

    study: Study | None
    runs: list[RunConfig]


def study_of(chosen: str, base: RunConfig, text: str) -> Study | None:
    """The chosen study; None for one run and for a search. Raises SettingsError if the grid or the recipe makes no
    study."""
    if chosen in (ONE, SEARCH):
        return None
    return studies.find(chosen, base, text)


@st.cache_resource(ttl=30, max_entries=8, show_spinner=False)
def _cached_dataset(name: str, folder: str) -> Dataset:
    """The dataset, cached for a while: listing thousands of files at every change of the form would be slow."""
    return catalogue.load(name)


def dataset(name: str) -> Dataset:
    """The dataset, up to 30 s old. Raises DatasetError."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        dataset_picker.load(name)  # shows why it takes some seconds
    return _cached_dataset(name, str(workspace.datasets()))


def choose() -> None:
    """Let the user choose one run or a study."""
    st.selectbox(
        "What to run",
        list(LABELS),
        **session.STUDY.choice(LABELS),
        format_func=LABELS.__getitem__,
        help="A study queues several runs that differ in one setting. They share as much work as possible, so later "
        "runs are quick. A search proposes the settings by itself, for as many minutes as you give it.",
    )


def grid() -> None:
    """Draw the fields of a grid: a setting with its values, which become a line of the text, and the text itself."""
    _builder()
    st.text_area(
        "Grid",
        **session.GRID.widget(""),
        height=96,
        placeholder="dropout = 0, 0.2, 0.5\nlearning_rate = 0.01, 0.001",
        help=f"One line per setting: its name, an equals sign, the values. Every combination becomes a run, up to "
        f"{studies.MOST_RUNS} runs.",
    )
    with st.popover("Names and values to type", icon=":material/list:"):
        st.markdown("A grid can vary these settings. All others stay as in the form.")
        settings = [setting for setting in SETTINGS.values() if setting.example]
        st.dataframe(
            pd.DataFrame(
                {
                    "Setting": [setting.title for setting in settings],
                    "Line of a grid": [f"{setting.name} = {setting.example}" for setting in settings],
                }
            ),
            hide_index=True,
            alt="The names of the settings, with example values",
        )


def _builder() -> None:
    """Let the user choose a setting and its values, and put them into the grid."""
    names = [setting.name for setting in SETTINGS.values() if setting.example]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Setting to vary",
            names,
            format_func=lambda each: SETTINGS[each].title,
            **session.form_setting("grid-setting").choice(names),
            width=200,
        )
        control = session.form_setting("grid-values", name)
        values = studies.grid_values(SETTINGS[name].example)
        st.multiselect(
            f"{SETTINGS[name].title}: values to try",  # what is typed at once may still be for the setting before
            list(dict.fromkeys([*values, *control.get([])])),
            **control.buttons([]),
            accept_new_options=True,
            filter_mode="prefix",  # otherwise 0.01 also finds 0.001
            select_all=False,  # or Enter would take all values that begin with what was typed
            placeholder="choose or type",
            help="Choose at least two of the usual values, or type others.",
        )
        st.button("Add to the grid", icon=":material/add:", key="grid-add", on_click=_add_line, args=(name,))


def _add_line(name: str) -> None:
    """Put the chosen values into the grid, in the place of those that the setting had."""
    values = session.form_setting("grid-values", name).get([])
    others = [line for line in session.GRID.get("").splitlines() if line.partition("=")[0].strip() != name]
    lines = [*others, f"{name} = {', '.join(values)}"] if values else others
    session.GRID.set("\n".join(filter(None, lines)))


def plan(settings: RunConfig, chosen: str, text: str) -> Plan:
    """The chosen runs. Raises SettingsError."""
    study = study_of(chosen, settings, text)
    return Plan(study, studies.configs(study, settings) if study else [settings])


def of_network(settings: RunConfig, chosen: str, text: str) -> Plan:
    """The plan whose network is drawn: that of one run as long as a grid or a recipe makes no study yet."""
    try:
        return plan(settings, chosen, text)
    except AppError:
        return Plan(None, [settings])


def overview(settings: RunConfig, photos: Dataset) -> None:
    """Draw a list of all studies with their number of runs and expected time, computed when it is opened."""
    part = st.popover("All studies", icon=":material/science:", on_change="rerun", key="train-studies")
    if not part.open:
        return
    rows: list[tuple[str, int | None, str]] = []
    for key, label in LABELS.items():
        if key in (ANY_GRID, SEARCH):
            continue
        try:
            runs = plan(settings, key, "").runs
            rows.append((label.partition(" (")[0].removeprefix("Study: ").capitalize(), len(runs),
                         words.duration(estimate.seconds(runs, photos))))  # fmt: skip
        except AppError:
            why = NEEDS.get(key, "a saved model has one image size")
            rows.append((label.partition(" (")[0].removeprefix("Study: ").capitalize(), None, why))
    with part:
        st.dataframe(
            pd.DataFrame(rows, columns=["Study", "Runs", "Expected time"]),
            hide_index=True,
            placeholder="–",
            alt="The studies with their number of runs and expected time",
        )
