"""The datasets on Data: what each holds, with a photo of each class, a check of its photos, and its removal."""

import streamlit as st

from core.datasets import catalogue, checks, drawn
from core.datasets.catalogue import Dataset
from core.errors import AppError
from pages.frame import markdown, page, session
from pages.photos import dataset_picker, pictures

TILES = 10
MOST_REMARKS = 20


def show() -> None:
    """All datasets, one below the other."""
    for name in catalogue.names():
        with st.container(border=True), page.errors():
            if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
                _undrawn()
            else:
                _dataset(catalogue.load(name))


def _dataset(dataset: Dataset) -> None:
    counts = {dataset_picker.SPLIT_WORDS[name]: len(split) for name, split in dataset.splits.items()}
    _sentence(dataset.name, len(dataset.classes), counts)
    train = dataset.splits["train"]
    first = {label: path for path, label in reversed(list(zip(train.paths, train.labels, strict=True)))}
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for label, name in list(enumerate(dataset.classes))[:TILES]:
            try:
                picture = pictures.thumbnail(first[label].read_bytes(), 160)
            except (AppError, OSError):
                continue  # the check names the photos that can't be read
            caption = f"{markdown.plain(name)} ({train.labels.count(label)})"
            st.image(picture, caption=caption, width="stretch", alt=f"A photo of the class {name}")
    with st.container(horizontal=True):
        st.button(
            "Check the photos",
            icon=":material/fact_check:",
            key=f"check-{dataset.name}",
            on_click=session.CHECK.set,
            args=(dataset.name,),
            help="Looks for files that can't be read, duplicate photos and rare classes.",
        )
        if not dataset.is_drawn:
            _removal(dataset)
    if session.CHECK.get() == dataset.name:
        _check(dataset)
    if dataset.name in session.REMARKS.get():
        _remarks(dataset.name, session.REMARKS.get()[dataset.name])


def _removal(dataset: Dataset) -> None:
    with st.popover("Remove", icon=":material/delete:"):
        st.markdown("Photos that were unpacked here are deleted. A folder of yours is only forgotten, not touched.")
        st.button(
            "Remove this dataset",
            type="primary",
            key=f"remove-{dataset.name}",
            on_click=page.attempt,
            args=(_remove, dataset.name),
        )


def _remove(name: str) -> None:
    """Remove a dataset, and what was said of it: another one may get its name."""
    catalogue.remove(name)
    session.REMARKS.get().pop(name, None)
    session.CHECK.clear()
    session.DATA_MESSAGE.clear()


def _check(dataset: Dataset) -> None:
    """Read every photo, with a progress bar; a click that ends this early lets the next run begin again."""
    bar = st.progress(0.0, "Reading the photos …")
    remarks = checks.check(dataset, lambda done, of: bar.progress(done / of, f"{done:,} of {of:,} photos read"))
    bar.empty()
    session.REMARKS.get()[dataset.name] = remarks
    session.CHECK.clear()


def _remarks(name: str, remarks: list[str]) -> None:
    if not remarks:
        st.success("No problems found.", icon=":material/check_circle:")
    for remark in remarks[:MOST_REMARKS]:
        st.markdown(f":material/warning: {markdown.plain(remark)}")
    if len(remarks) > MOST_REMARKS:
        st.caption(f"… and {len(remarks) - MOST_REMARKS} more; `python -m core data check {name}` lists all.")


def _sentence(name: str, classes: int, counts: dict[str, int]) -> None:
    photos = ", ".join(f"{count:,} {split}" for split, count in counts.items())
    things = "drawings" if name == catalogue.DRAWN else "photos"
    st.markdown(f"**{dataset_picker.label(name)}**: {classes} classes; {photos} {things}")


def _undrawn() -> None:
    """The drawn garments before anybody needed them: a few are drawn for this page, all of them on first use."""
    counts = {dataset_picker.SPLIT_WORDS[split]: count * len(drawn.CLASSES) for split, count in drawn.COUNTS.items()}
    _sentence(catalogue.DRAWN, len(drawn.CLASSES), counts)
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for name in drawn.CLASSES:
            st.image(
                pictures.example(name, 0, drawn.SIDE).data,
                caption=f"{name} ({drawn.COUNTS['train']})",
                width="stretch",
                alt=f"A drawing of the class {name}",
            )
