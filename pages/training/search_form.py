"""Train's form for a search: how long, and what it varies."""

import streamlit as st

from core import words
from core.datasets.catalogue import Dataset
from core.runs import bodies, cluster, estimate
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.searching import folder, space, stages
from core.searching.records import MOST_MINUTES, StageKey
from pages.frame import session
from pages.frame.values import Control

USUAL_MINUTES = 10
ON_A_CLUSTER = 8  # trials that are queued at the same time; Ray knows how many machines there are
STAGES = (StageKey.HEAD, StageKey.AUGMENTATION, StageKey.FINE_TUNING)
USUAL_STAGES = [StageKey.HEAD, StageKey.AUGMENTATION]
HELP = {
    StageKey.HEAD: "Learning rate, dropout, dense layers and label smoothing.",
    StageKey.AUGMENTATION: "How strong each transform of the recipe is, up to where photos would lose their label.",
    StageKey.FINE_TUNING: "Learning rate and blocks of fine-tuning. By far the slowest part.",
}


def show() -> None:
    """Draw the fields of a search."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Minutes",
            **_minutes().widget(USUAL_MINUTES),
            min_value=1,
            max_value=int(MOST_MINUTES),
            step=5,
            width=140,
            help="About how long the search may take, with its last runs. Stop it whenever you like: it keeps what it "
            "has found.",
        )
        st.pills(
            "What to vary",
            STAGES,
            selection_mode="multi",
            **_stages().buttons(USUAL_STAGES),
            format_func=lambda key: key.label,
            help=" ".join(f"**{key.label}**: {HELP[key]}" for key in STAGES)
            + " Each goes on from the best settings of the one before.",
        )
    with st.popover("Vary something else", icon=":material/list:"):
        st.text_area(
            "Settings to vary",
            **_vary().widget(""),
            height=110,
            placeholder="dropout = 0 to 0.8\nlearning_rate = 0.0001 to 0.01 log\ndense_layers = [], [100]",
            help="One line per setting: a range, or values. With `log`, small numbers are tried as often as large "
            "ones. If you write something here, only this is varied.",
        )


def facts(settings: RunConfig, photos: Dataset) -> None:
    """Show what the search varies, and how long it and its trials take. Raises SettingsError if it can't be started."""
    own = bool(_vary().get("").strip())
    keys = (StageKey.OWN,) if own else _chosen()
    minutes = float(_minutes().get(USUAL_MINUTES))
    if own:
        dimensions = space.parse(_vary().get(""), settings)
        varied = [dimension.label.lower() for dimension in dimensions]
    else:
        folder.check_stages(settings, keys)
        varied = [key.label.lower() for key in keys]
    first = stages.first(settings, keys).model_copy(update={"trial": True})
    one = estimate.seconds([first, first], photos) - estimate.seconds([first], photos)
    time = words.duration(60 * minutes)
    st.markdown(
        f":material/schedule: Expected time: **about {time}**. It varies {words.joined(varied)}.",
        help="The best settings are trained again with three seeds and scored on the test photos, which the search "
        "never looks at.",
    )
    time = words.duration(max(1.0, one))
    st.caption(f"A trial takes about {time} here once the features are computed.")
    if StageKey.FINE_TUNING in keys and bodies.is_tunable(settings.backbone):
        tuned = settings.model_copy(update={"fine_tune": settings.fine_tune or FineTune()})
        time = words.duration(estimate.seconds([tuned], photos))
        st.caption(f"A trial with fine-tuning takes about {time}, and three more runs follow at the end.")


def start(settings: RunConfig, device: str) -> str:
    """Start the search of the form, and return its id. Raises AppError, OSError."""
    minutes = float(_minutes().get(USUAL_MINUTES))
    parallel = ON_A_CLUSTER if cluster.address_of(device) else 2
    others = {"name": settings.name, "device": device, "parallel": parallel}
    return folder.put(settings, minutes, _chosen(), _vary().get(""), **others)


def _chosen() -> tuple[StageKey, ...]:
    """The chosen stages in their order."""
    return tuple(key for key in STAGES if key in _stages().get(USUAL_STAGES))


def _minutes() -> Control[int]:
    return session.form_setting("search-minutes")


def _stages() -> Control[list[StageKey]]:
    return session.form_setting("search-stages")


def _vary() -> Control[str]:
    return session.form_setting("search-vary")
