"""Evaluation on Compare: any saved model on any split of any dataset, and the evaluations so far."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import words
from core.answering import shelf, trial
from core.answering.shelf import Model
from core.datasets import catalogue, latest
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS, SPLITS
from core.errors import AppError
from core.evaluating import evaluate, stored
from core.evaluating.stored import Stored
from core.runs import look_count
from pages.comparing import evaluation
from pages.frame import access, damaged, markdown, page, session
from pages.photos import dataset_picker

PROGRESS_SECONDS = 1.0  # s between two looks at a running evaluation
MOST = 200  # evaluations in the list, the newest


def show(model_name_of_run: str | None) -> None:
    """Draw the choice of what to evaluate, starting with a run's model, and the evaluations so far."""
    choice, progress, results, broken = page.parts(4)
    if not access.is_read_only():
        with choice, page.errors():
            _choose(model_name_of_run or "", progress)
    with results, page.errors():
        _results(stored.every()[:MOST])
    with broken:
        damaged.show(stored.damaged())


def _choose(of_run: str, progress: DeltaGenerator) -> None:
    """Draw the choice of model, dataset and split, and the button. Each run's model has a choice of its own."""
    every = shelf.models()
    models, titles = {model.name: model for model in every}, shelf.titles(every)
    if not models:
        st.info("There is no saved model yet. Train one first.", icon=":material/neurology:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Model",
            list(models),
            format_func=titles.__getitem__,
            **session.compare(f"evaluated-model-{of_run}").choice(models, of_run if of_run in models else None),
            help="At first the model of the first run above.",
        )
        model = models[name]
        names = catalogue.names()
        own = model.dataset if model.dataset in names else None
        dataset_name = st.selectbox(
            "Dataset",
            names,
            **session.compare(f"evaluated-dataset-{name}").choice(names, own),
            format_func=dataset_picker.label,
            help="At first the dataset that the model learned from. Classes are matched by name.",
        )
        place = st.empty()
    dataset = _load(dataset_name)
    with place:
        splits = {split: len(dataset.splits[split]) for split in reversed(SPLITS) if dataset.splits[split]}
        split = st.selectbox(
            "Photos",
            list(splits),
            **session.compare("evaluated-split").choice(splits),
            format_func=lambda split: f"{SPLIT_WORDS[split]} ({splits[split]:,})",
        )
    _start(model, dataset, split, progress)


def _load(name: str) -> Dataset:
    """The dataset, up to 10 s old. Raises DatasetError."""
    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        return dataset_picker.load(name)
    return latest.load(name)


def _start(model: Model, dataset: Dataset, split: str, progress: DeltaGenerator) -> None:
    """Draw the button with what it would leave out, and below it the progress."""
    key = (model.name, dataset.name, split)
    problem = ""
    try:
        unknown = trial.left_out(model, dataset, split)
    except AppError as error:
        problem, unknown = str(error), {}
    is_running = _is_running(*key)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Evaluate the model",
            icon=":material/analytics:",
            type="primary",
            key="evaluate",
            disabled=is_running or bool(problem),
            on_click=page.attempt,
            args=(evaluate.start, *key),
            help="It goes on when you leave this page.",
        )
        if split == "test" and (seen := look_count.sentence(dataset.name)):
            st.caption(f":material/visibility: {seen} An evaluation counts as a look.", width="content")
    if problem:
        st.warning(markdown.plain(problem), icon=":material/block:")
    elif unknown:
        st.caption(f":material/filter_alt: {markdown.plain(_preview(unknown, len(dataset.splits[split])))}")
    with progress:
        seconds = PROGRESS_SECONDS if is_running else None
        st.fragment(page.fragment(_progress), run_every=seconds, key="evaluation-progress")(*key, is_running)


def _preview(unknown: Mapping[str, int], photos: int) -> str:
    """What will be left out, before the evaluation."""
    classes = words.listed(f"{name} ({count:,})" for name, count in unknown.items())
    left = photos - sum(unknown.values())
    return (
        f"The model does not know {words.classes(len(unknown))} of this dataset: {classes}. It is evaluated on the "
        f"other {words.count(left, 'photo')}."
    )


def _is_running(model: str, dataset: str, split: str) -> bool:
    status = evaluate.status(model, dataset, split)
    return bool(status and status.running)


def _progress(model: str, dataset: str, split: str, was_running: bool) -> None:
    status = evaluate.status(model, dataset, split)
    if status and status.running:
        if not was_running:
            st.rerun()
        st.progress(min(1.0, status.share), text=f"Evaluating {markdown.plain(model)}: {markdown.plain(status.words)}")
        return
    if status and not status.error:  # it has ended: show its result, also to a person who was away meanwhile
        _open_newest(model, dataset, split)
        evaluate.forget(model, dataset, split)
        st.rerun()
    if was_running:
        _open_newest(model, dataset, split)  # another browser was quicker to forget
        st.rerun()
    if status:
        st.error(markdown.plain(status.error), icon=":material/error:")


def _open_newest(model: str, dataset: str, split: str) -> None:
    for each in stored.every():
        found = each.evaluation
        if (found.model, found.dataset, found.split) == (model, dataset, split):
            session.compare("evaluation").set(each.id)
            return


def _results(every: Sequence[Stored]) -> None:
    """Draw the choice of an evaluation, newest first, and its figures."""
    if not every:
        st.caption("No evaluations yet.")
        return
    by_id = {each.id: each for each in every}
    st.subheader("Result", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Evaluation",
            list(by_id),
            **session.compare("evaluation").choice(by_id),
            format_func=lambda name: _title(by_id[name]),
            help="The newest first.",
        )
        page.deletion(
            "Delete",
            "This deletes the evaluation for good. The model and the photos stay.",
            "Delete this evaluation",
            f"delete-evaluation-{chosen}",
            stored.delete,
            chosen,
        )
    evaluation.show(by_id[chosen])
    if len(every) > 1:
        evaluation.table(every, by_id[chosen])


def _title(each: Stored) -> str:
    found = each.evaluation
    accuracy = f"{found.figures.accuracy:.1%}" if found.figures.accuracy is not None else "no photos"
    photos = f"{SPLIT_WORDS.get(found.split, found.split)} photos"
    moment = words.moment(found.date)
    made = f"{moment:%d %b, %H:%M}" if moment else "date unknown"
    return f"{shelf.title(found.model)} on {found.title or found.dataset}, {photos}: {accuracy} ({made})"
