"""Train's form filled from elsewhere: a run, a link, a better model's settings; and emptied again."""

from typing import Any

import streamlit as st

from core.backbones import BACKBONES
from core.datasets import catalogue
from core.errors import AppError
from core.runs import defaults, link
from core.runs.config import RunConfig
from core.runs.folder import look_all
from core.runs.settings import FINE_TUNING, SETTINGS
from pages.frame import markdown, session
from pages.frame.session import FormRequest
from pages.frame.values import Control
from pages.training import controls
from pages.training.controls import LAST, USUAL_PATIENCE, WHOLE, control, decimal, tuning_control
from pages.training.plan import ANY_GRID, LABELS, ONE


def take_over() -> None:
    """Put into the form what it is asked to show, before it is drawn: the settings of the link, once, and a request."""
    if not session.TRAIN_LINK_READ.get():
        _take_over_link()
        session.TRAIN_LINK_READ.set(True)  # last: a click that ends this run early must not lose the link
    if session.FORM_RESET.get():
        _reset()
        session.FORM_RESET.clear()
    if session.USE_AUGMENTS_RECIPE.get():
        form = controls.proposed()
        control("recipe", form).set(controls.ON_AUGMENT)
        control("augmentation_seed", form).set(session.AUGMENT_SEED.get(form.augmentation_seed))
        session.FORM_OPEN.set(True)
        session.USE_AUGMENTS_RECIPE.clear()
    if request := session.FORM_REQUEST.get():
        _fill(request)
        session.STUDY.set(ONE)
        session.FORM_OPEN.set(True)
        if request.message:
            st.toast(request.message, icon=":material/tune:")
        session.FORM_REQUEST.clear()


def is_requested() -> bool:
    """Whether something is to be taken over."""
    return session.FORM_RESET.get() or session.USE_AUGMENTS_RECIPE.get() or session.FORM_REQUEST.get() is not None


def notices() -> None:
    """What could not be taken over, until the form is filled again or a run is started."""
    for sentence in session.FORM_NOTICES.get():
        st.warning(markdown.plain(sentence), icon=":material/link_off:")


def remember(settings: RunConfig, study: str, grid: str) -> None:
    """Write into the address what a reload needs; nothing for a form that nobody has touched."""
    first = catalogue.names()[0]
    usual = defaults.backbone_for(first, controls.has_gpu(), defaults.ready_backbones())
    query = {}
    if settings != defaults.proposal(first, usual, controls.has_gpu()):
        query["settings"] = link.dumps(settings)
    if study != ONE:
        query["study"] = study
    if study == ANY_GRID and grid:
        query["grid"] = grid
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def reset() -> None:
    """Ask for the whole form to be set back to what it proposes."""
    session.FORM_RESET.set(True)


def _reset() -> None:
    for each in _all():
        each.forget()
    session.OTHER_RECIPES.clear()
    session.FORM_NOTICES.clear()


def _take_over_link() -> None:
    query = st.query_params
    if "settings" in query:
        try:
            settings = link.loads(query["settings"])
            _fill(FormRequest(settings, "link"))
            session.FORM_OPEN.set(not _is_in_view(settings))
        except AppError as error:
            session.FORM_NOTICES.set([f"The settings of the link were ignored. {error}"])
    if "study" in query:
        if query["study"] in LABELS:
            session.STUDY.set(query["study"])
            session.GRID.set(query.get("grid", "")[: link.LONGEST])
        else:
            sentence = f"The study {query['study'][:40]!r} of the link was ignored: there is no study of that name."
            session.FORM_NOTICES.set([*session.FORM_NOTICES.get(), sentence])


def _is_in_view(settings: RunConfig) -> bool:
    """Whether a run is going on or has these very settings: then a reload is for its curves, not for the form."""
    text = link.dumps(settings)
    return any(not run.ended or link.dumps(run.config) == text for run in look_all())


def _fill(request: FormRequest) -> None:
    """Put a run's settings into every control.

    What ties the run to a study stays behind, and so does a run's name. A missing dataset is said, and the chosen one
    stays.
    """
    settings, notices = request.settings, []
    if settings.dataset not in catalogue.names():
        notices.append(
            f"The dataset {settings.dataset!r} is missing here. All other settings were taken over, for "
            f"{controls.dataset()!r}."
        )
        settings = settings.model_copy(update={"dataset": controls.dataset()})
    values: dict[str, Any] = {name: getattr(settings, name) for name in (*controls.PLAIN, "schedule", "epochs")}
    values["backbone"] = settings.backbone
    values["image_size"] = settings.image_size
    values["learning_rate"] = decimal(settings.learning_rate)
    values["recipe"] = controls.preset_of(settings.recipe) or request.source
    values["fine_tune"] = settings.fine_tune is not None
    if values["recipe"] == request.source:
        session.OTHER_RECIPES.get()[request.source] = settings.recipe
    session.DATASET.set(settings.dataset)
    for name, value in values.items():
        control(name, settings).set(value)
    session.DENSE_COUNT.set(len(settings.dense_layers))
    for place, units in enumerate(settings.dense_layers, start=1):
        session.dense_units(place).set(units)
    session.EARLY_STOPPING.set(settings.early_stopping is not None)
    session.PATIENCE.set(settings.early_stopping or USUAL_PATIENCE)
    _fill_tuning(settings)
    session.RUN_NAME.set("" if request.source == "run" else settings.name)
    session.FORM_NOTICES.set(notices)


def _fill_tuning(settings: RunConfig) -> None:
    tuned = settings.fine_tune
    if not tuned:
        return
    values = tuned.model_dump()
    values |= {name: decimal(values[name]) for name in ("learning_rate", "weight_decay")}
    values["extent"] = LAST if tuned.blocks else WHOLE
    if not tuned.blocks:
        del values["blocks"]  # the control has no number for all of them
    for name, value in values.items():
        tuning_control(name, settings.backbone).set(value)


def _all() -> list[Control[Any]]:
    """The form's controls, for all backbones and kinds of datasets together."""
    kinds = [
        defaults.proposal(dataset, backbone, controls.has_gpu())
        for dataset in (catalogue.DRAWN, "")
        for backbone in BACKBONES
    ]
    found = {each.name: each for kind in kinds for each in (control(name, kind) for name in SETTINGS)}
    tuning = (tuning_control(name, backbone) for name in (*FINE_TUNING, "extent") for backbone in BACKBONES)
    found |= {each.name: each for each in tuning}
    dense = [session.dense_units(place) for place in (1, 2, 3)]
    return [*found.values(), *dense, session.DENSE_COUNT, session.EARLY_STOPPING, session.PATIENCE, session.STUDY,
            session.GRID, session.RUN_NAME]  # fmt: skip
