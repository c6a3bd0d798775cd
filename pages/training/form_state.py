"""What Train's form holds: filled from a run or a link, and written into the address, so that a reload keeps it."""

from typing import Any

import numpy as np
import streamlit as st

from core import machine
from core.augment import recipe
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.backbones import BACKBONES
from core.datasets import catalogue
from core.errors import AppError
from core.runs import defaults, link, studies
from core.runs.config import RunConfig
from core.runs.folder import look, look_all
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.frame import markdown

PREFIX = "train-"
OPEN = "train-form-open"  # the form is to be seen although there are runs to look at
RESTORED = "train-restored"  # the address has been read in this session
CLONE = "train-clone"  # the id of a run whose settings are wanted in the form
WHAT, GRID = "train-what", "train-grid"
ONE, ABLATION, ANY_GRID = "one", "ablation", "grid"  # what to run, beside the course's studies
DENSE = ("train-dense-1", "train-dense-2", "train-dense-3")
COUNT, EARLY, PATIENCE = "train-dense-count", "train-early-stopping", "train-patience"
EXTENT, WHOLE, LAST = "extent", "whole", "last"  # how much of the backbone is fine-tuned
USUAL_UNITS, USUAL_PATIENCE = 100, 10

# Recipes that are no presets: where they came from, and where the session keeps them. The labels never change.
BROUGHT = {
    "mine": ("From Augment", "train-recipe"),
    "run": ("From the run", "train-recipe-of-run"),
    "better": ("Of the better model", "train-recipe-of-better"),
    "link": ("From the link", "train-recipe-of-link"),
}


def key_of(name: str, dataset: str, backbone: str) -> str:
    """Where the session keeps one setting. What is sensible differs between backbones, so some are kept apart."""
    drawn, pretrained = dataset == catalogue.DRAWN, BACKBONES[backbone].pretrained
    return PREFIX + {
        "backbone": f"backbone-{drawn}",
        "image_size": f"size-{backbone}",
        "learning_rate": f"rate-{pretrained}",
        "schedule": f"schedule-{pretrained}",
        "epochs": f"epochs-{drawn}",
        "fine_tune": f"fine-tune-{pretrained}",
        "recipe": f"preset-{drawn}",
        "augmentation_seed": "augmentation-seed",
    }.get(name, name)


def tuning_key(name: str, backbone: str = "") -> str:
    """Where the session keeps one setting of the fine-tuning; how much learns is kept for each backbone apart."""
    return f"{PREFIX}tune-{name}-{backbone}" if name in (EXTENT, "blocks") else f"{PREFIX}tune-{name}"


def has_gpu() -> bool:
    return bool(machine.gpus())


def dataset_in_hand() -> str:
    """The chosen dataset, or the first where that one is gone."""
    names = catalogue.names()
    chosen = st.session_state.get("train-dataset", names[0])
    return chosen if chosen in names else names[0]


def proposed_backbone(dataset: str) -> str:
    return defaults.backbone_for(dataset, has_gpu(), defaults.ready_backbones())


def rate_text(rate: float) -> str:
    """A learning rate as the form writes it: 0.001, never 1e-03."""
    return np.format_float_positional(rate, trim="-")


def preset_of(steps: Recipe) -> str | None:
    """The key of the preset that has these steps."""
    return next((preset.key for preset in PRESETS if preset.recipe == steps), None)


def fill(settings: RunConfig, source: str) -> None:
    """Put a run's settings into every control (before they are drawn). `source` is one of BROUGHT.

    What ties the run to a study stays behind; the name comes along but from a run, which has its own. A dataset
    that is not here is said, and the one in hand stays.
    """
    dataset = settings.dataset
    if dataset not in catalogue.names():
        kept = dataset_in_hand()
        _say(f"The dataset {dataset!r} is not here; all other settings were taken over, for {kept!r}.")
        dataset = kept
    values: dict[str, Any] = {
        name: getattr(settings, name)
        for name in (
            "backbone",
            "image_size",
            "activation",
            "dropout",
            "augmentation_seed",
            "views",
            "optimizer",
            "schedule",
            "warmup",
            "label_smoothing",
            "batch_size",
            "epochs",
            "class_weights",
            "seed",
        )
    }
    values["learning_rate"] = rate_text(settings.learning_rate)
    values["recipe"] = preset_of(settings.recipe) or source
    if values["recipe"] == source:
        st.session_state[BROUGHT[source][1]] = recipe.dumps(settings.recipe)
    for name, value in values.items():
        st.session_state[key_of(name, dataset, settings.backbone)] = value
    st.session_state["train-dataset"] = dataset
    st.session_state[COUNT] = len(settings.dense_layers)
    for key, units in zip(DENSE, settings.dense_layers, strict=False):
        st.session_state[key] = units
    st.session_state[EARLY] = settings.early_stopping is not None
    st.session_state[PATIENCE] = settings.early_stopping or USUAL_PATIENCE
    _fill_tuning(settings, dataset)
    st.session_state["train-name"] = "" if source == "run" else settings.name


def _fill_tuning(settings: RunConfig, dataset: str) -> None:
    tuned = settings.fine_tune
    st.session_state[key_of("fine_tune", dataset, settings.backbone)] = tuned is not None
    if not tuned:
        return
    values = tuned.model_dump()
    values |= {name: rate_text(values[name]) for name in ("learning_rate", "weight_decay")}
    values[EXTENT] = LAST if tuned.blocks else WHOLE
    if not tuned.blocks:
        del values["blocks"]  # the control has no number for all of them
    for name, value in values.items():
        st.session_state[tuning_key(name, settings.backbone)] = value


def take_up() -> None:
    """What the form is asked to show, before it is drawn: the settings of the link, those of a run, a new recipe."""
    if not st.session_state.setdefault(RESTORED, False):
        st.session_state[RESTORED] = True
        _restore()
    if run_id := st.session_state.pop(CLONE, None):
        try:
            run = look(run_id)
        except AppError as error:
            _say(str(error))
            return
        fill(run.config, "run")
        st.session_state[WHAT] = ONE
        st.session_state[OPEN] = True
        st.toast(f"The settings of {markdown.plain(run.name)} are in the form.", icon=":material/tune:")


def _restore() -> None:
    """Once per session: what the address says becomes what the form holds. What can't be is ignored in a sentence."""
    asked = st.query_params
    if "settings" in asked:
        try:
            settings = link.loads(asked["settings"])
            fill(settings, "link")
            st.session_state[OPEN] = not _is_watched(settings)
        except AppError as error:
            _say(f"The settings of the link were ignored. {error}")
    if "study" in asked:
        if asked["study"] in (*studies.STUDIES, ABLATION, ANY_GRID):
            st.session_state[WHAT] = asked["study"]
            st.session_state[GRID] = asked.get("grid", "")[: link.LONGEST]
        else:
            _say(f"The study {asked['study'][:40]!r} of the link was ignored: there is none of that name.")


def _is_watched(settings: RunConfig) -> bool:
    """Whether a run is on its way or has these very settings: then a reload is for its curves, not for the form."""
    alike = link.dumps(settings)
    return any(not run.ended or link.dumps(run.config) == alike for run in look_all())


def remember(settings: RunConfig, chosen: str, grid: str) -> None:
    """Write into the address what a reload needs; nothing for a form that nobody has touched."""
    first = catalogue.names()[0]
    wanted = {}
    if settings != defaults.proposed(first, proposed_backbone(first), has_gpu()):
        wanted["settings"] = link.dumps(settings)
    if chosen != ONE:
        wanted["study"] = chosen
    if chosen == ANY_GRID and grid:
        wanted["grid"] = grid
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def keys() -> set[str]:
    """Where the session keeps the form, all backbones and kinds of datasets together."""
    settings = {
        key_of(name, dataset, backbone)
        for name in SETTINGS
        for dataset in ("", catalogue.DRAWN)
        for backbone in BACKBONES
    }
    tuning = {tuning_key(name, backbone) for name in (*FINE_TUNING, EXTENT) for backbone in BACKBONES}
    return {*settings, *tuning, *DENSE, COUNT, EARLY, PATIENCE, WHAT, GRID, "train-name"}


def reset() -> None:
    """Back to what is proposed (a callback)."""
    for key in keys():
        if key in st.session_state:
            del st.session_state[key]


def _say(sentence: str) -> None:
    st.session_state["train-said"] = sentence


def said() -> None:
    """Show what `take_up` had to say, once."""
    if sentence := st.session_state.pop("train-said", None):
        st.warning(markdown.plain(sentence), icon=":material/link_off:")
