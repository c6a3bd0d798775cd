"""The datasets on Data: the contents of each, with a photo of each class, and a way inside."""

import streamlit as st

from core import photos
from core.datasets import catalogue, drawn
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.errors import AppError, IncompleteError
from core.photos import finding
from pages.frame import address, markdown, page
from pages.photos import dataset_picker, pictures
from pages.reviewing import managing

TILES = 10


def show() -> None:
    """Draw all datasets, one below the other."""
    for name in catalogue.names():
        with st.container(border=True), page.errors():
            if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
                _drawn_garments()
            else:
                _loaded(name)


def _loaded(name: str) -> None:
    """Draw a dataset; one that can't be read has its name, the reason and its removal."""
    try:
        dataset = catalogue.load(name)
    except AppError as error:
        st.markdown(f"**{markdown.plain(catalogue.title(name))}**")
        if isinstance(error, IncompleteError):
            st.info(markdown.plain(str(error)), icon=":material/info:")
            _open(name)
        else:
            st.error(markdown.plain(str(error)), icon=":material/error:")
        managing.show(name)
    else:
        _dataset(dataset)


def _dataset(dataset: Dataset) -> None:
    counts = {SPLIT_WORDS[name]: len(split) for name, split in dataset.splits.items()}
    _sentence(dataset.name, len(dataset.classes), counts)
    for sentence in finding.sentences(dataset.passed_over):
        st.caption(f":material/info: {markdown.plain(sentence)}")
    train = dataset.splits["train"]
    first = {label: path for path, label in reversed(list(zip(train.paths, train.labels, strict=True)))}
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for label, name in list(enumerate(dataset.classes))[:TILES]:
            try:
                picture = pictures.thumbnail(photos.read_file(first[label]), 160)
            except (AppError, OSError):
                continue  # the check lists photos that can't be read
            caption = f"{markdown.plain(name)} ({train.labels.count(label)})"
            st.image(picture, caption=caption, width="stretch", alt=f"A photo of the class {name}")
    _open(dataset.name)


def _open(name: str) -> None:
    st.button(
        "Open",
        icon=":material/photo_library:",
        key=f"open-{name}",
        on_click=address.DATASET.follow,
        args=(name,),
        help="Look at all photos, check them, decide about them, split, export or remove the dataset.",
    )


def _sentence(name: str, classes: int, counts: dict[str, int]) -> None:
    photos = ", ".join(f"{count:,} {split}" for split, count in counts.items())
    pictures = "drawings" if name == catalogue.DRAWN else "photos"
    st.markdown(f"**{markdown.plain(dataset_picker.label(name))}**: {classes} classes; {photos} {pictures}")


def _drawn_garments() -> None:
    """Draw the entry of the drawn garments before their first use, with a few drawn for this page."""
    counts = {SPLIT_WORDS[split]: count * len(drawn.CLASSES) for split, count in drawn.COUNTS.items()}
    _sentence(catalogue.DRAWN, len(drawn.CLASSES), counts)
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for name in drawn.CLASSES:
            st.image(
                pictures.example(name, 0, drawn.SIDE).data,
                caption=f"{name} ({drawn.COUNTS['train']})",
                width="stretch",
                alt=f"A drawing of the class {name}",
            )
    _open(catalogue.DRAWN)
