"""Fills Train's form from a run, a link or the better model's settings, and resets it."""

from typing import Any

import streamlit as st

from core.datasets import catalogue
from core.errors import AppError
from core.runs import bodies, defaults, link
from core.runs.config import RunConfig
from core.runs.folder import look_all
from core.runs.settings import FINE_TUNING, SETTINGS
from core.words import quoted
from pages.frame import markdown, session
from pages.frame.state import FormRequest
from pages.frame.values import Control
from pages.training import controls
from pages.training.controls import LAST, USUAL_PATIENCE, WHOLE, control, decimal, tuning_control
from pages.training.plan import ANY_GRID, LABELS, ONE


def apply_requests() -> None:
    """Fill the form before it is drawn: once from the link, and whenever there is a request."""
    if not session.TRAIN_LINK_READ.get():
        _apply_link()
        session.TRAIN_LINK_READ.set(True)  # last: a click that ends this script early must not lose the link
    if session.FORM_RESET.get():
        _reset()
        session.FORM_RESET.clear()
    if session.USE_AUGMENTS_RECIPE.get():
        use_augments_recipe()
        session.USE_AUGMENTS_RECIPE.clear()
    if request := session.FORM_REQUEST.get():
        _fill(request)
        session.STUDY.set(ONE)
        session.FORM_OPEN.set(True)
        if request.message:
            st.toast(request.message, icon=":material/tune:")
        session.FORM_REQUEST.clear()


def use_augments_recipe() -> None:
    """Choose the current recipe and seed of Augment, and open the form."""
    base = controls.proposed()
    control("recipe", base).set(controls.ON_AUGMENT)
    control("augmentation_seed", base).set(session.AUGMENT_SEED.get(base.augmentation_seed))
    session.FORM_OPEN.set(True)


def is_requested() -> bool:
    """Whether there is a request to fill or reset the form."""
    return session.FORM_RESET.get() or session.USE_AUGMENTS_RECIPE.get() or session.FORM_REQUEST.get() is not None


def notices() -> None:
    """Show which settings could not be used, until the form is filled again or a run starts."""
    for sentence in session.FORM_NOTICES.get():
        st.warning(markdown.plain(sentence), icon=":material/link_off:")


def remember(settings: RunConfig, study: str, grid: str) -> None:
    """Write the form into the address for a reload; nothing if the form is unchanged."""
    name = catalogue.names()[0]
    backbone = controls.usual_backbone(name)
    query = {}
    if settings != defaults.proposal(name, backbone, controls.has_gpu()):
        query["settings"] = link.dumps(settings)
    if study != ONE:
        query["study"] = study
    if study == ANY_GRID and grid:
        query["grid"] = grid
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def reset() -> None:
    """Request a reset of the whole form to the proposed settings."""
    session.FORM_RESET.set(True)


def _reset() -> None:
    for form_control in _all_controls():
        form_control.forget()
    session.OTHER_RECIPES.clear()
    session.FORM_NOTICES.clear()


def _apply_link() -> None:
    query = st.query_params
    if "settings" in query:
        try:
            settings = link.loads(query["settings"])
            _fill(FormRequest(settings, "link"))
            session.FORM_OPEN.set(not _has_curves(settings))
        except AppError as error:
            session.FORM_NOTICES.set([f"The settings in the link were ignored. {error}"])
    if "study" in query:
        if query["study"] in LABELS:
            session.STUDY.set(query["study"])
            session.GRID.set(query.get("grid", "")[: link.LONGEST])
        else:
            sentence = f"The study {quoted(query['study'])} in the link was ignored: there is no study with this name."
            session.FORM_NOTICES.set([*session.FORM_NOTICES.get(), sentence])


def _has_curves(settings: RunConfig) -> bool:
    """Whether a run is active or has exactly these settings. Then people reload to see its curves, not the form."""
    text = link.dumps(settings)
    return any(not run.ended or link.dumps(run.config) == text for run in look_all())


def _fill(request: FormRequest) -> None:
    """Put settings into every control, without the study and the name of a run.

    If the dataset is missing, a notice says so, and the chosen dataset stays.
    """
    settings, notices = request.settings, []
    if settings.dataset not in catalogue.names():
        notices.append(
            f"The dataset {quoted(settings.dataset)} is not on this machine. All other settings are in the form, with "
            f"{controls.dataset()!r} instead."
        )
        settings = settings.model_copy(update={"dataset": controls.dataset()})
    settings, about_backbone = _with_usable_backbone(settings)
    notices += about_backbone
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


def _with_usable_backbone(settings: RunConfig) -> tuple[RunConfig, list[str]]:
    """The settings, with the proposed backbone if theirs can't be used, or with the image size that a saved model has
    now; and the sentences that say so."""
    body = bodies.find(settings.backbone)
    if not body:
        usual = controls.usual_backbone(settings.dataset)
        size = bodies.of(usual).proposed_size(controls.has_gpu())
        return settings.model_copy(update={"backbone": usual, "image_size": size}), [
            _replacement(settings.backbone, usual)
        ]
    if body.is_saved_model and settings.image_size != body.default_size:
        return settings.model_copy(update={"image_size": body.default_size}), [
            f"The saved model {quoted(bodies.model_name(body.key))} takes photos of {body.default_size} px, so the "
            f"image size of {settings.image_size} px was not used."
        ]
    return settings, []


def _replacement(backbone: str, usual: str) -> str:
    """The sentence about a saved model that can't be the backbone any more, and the backbone in its place."""
    return (
        f"The saved model {quoted(bodies.model_name(backbone))} can't be used as the backbone: it was deleted, renamed "
        f"or damaged. All other settings are in the form, with {quoted(bodies.label(usual))} instead."
    )


def replace_lost_backbone() -> None:
    """Put the proposed backbone in place of a chosen saved model that can't be used any more, with a notice."""
    lost = controls.lost_backbone()
    if not lost:
        return
    proposed = controls.proposed()
    sentence = _replacement(lost, proposed.backbone)
    session.FORM_NOTICES.set([*session.FORM_NOTICES.get(), sentence])
    control("backbone", proposed).set(proposed.backbone)  # last: the notice must not get lost


def _fill_tuning(settings: RunConfig) -> None:
    tuning = settings.fine_tune
    if not tuning:
        return
    values = tuning.model_dump()
    values |= {name: decimal(values[name]) for name in ("learning_rate", "weight_decay")}
    values["extent"] = LAST if tuning.blocks else WHOLE
    if not tuning.blocks:
        del values["blocks"]  # the control has no number for all blocks
    for name, value in values.items():
        tuning_control(name, settings.backbone).set(value)


def _all_controls() -> list[Control[Any]]:
    """The form's controls, for all backbones and kinds of datasets."""
    backbones = bodies.keys()
    proposals = [
        defaults.proposal(dataset, backbone, controls.has_gpu())
        for dataset in (catalogue.DRAWN, "")
        for backbone in backbones
    ]
    controls_ = [control(name, proposal) for proposal in proposals for name in SETTINGS]
    controls_ += [tuning_control(name, backbone) for name in (*FINE_TUNING, "extent") for backbone in backbones]
    by_name = {form_control.name: form_control for form_control in controls_}  # some are the same for all backbones
    dense = [session.dense_units(place) for place in (1, 2, 3)]
    return [*by_name.values(), *dense, session.DENSE_COUNT, session.EARLY_STOPPING, session.PATIENCE, session.STUDY,
            session.GRID, session.RUN_NAME]  # fmt: skip
