"""Loose photos, sorted into classes on Data: select many, then press the key of a class or drop them on it."""

from dataclasses import replace

import streamlit as st

from core import words
from core.datasets import catalogue, labels, review
from core.datasets.catalogue import Dataset
from core.errors import DatasetError
from pages.frame import access, page, session
from pages.reviewing import wall


def count(name: str) -> int:
    """The number of photos that are in no class yet. Raises DatasetError."""
    return len(catalogue.unsorted(name).splits["train"])


def show(name: str) -> None:
    """Draw the photos that are in no class yet, with a class to add."""
    if not count(name):
        st.success("All photos are in classes.", icon=":material/check_circle:")
        return
    if not access.is_read_only():
        _new_class(name)
    if not _with_new_classes(name).classes:
        st.info("Add a class first.", icon=":material/label:")
        return
    wall.show(
        wall.Wall(
            name=f"sort-{name}",
            load=lambda: _with_new_classes(name),
            decide=lambda photos, action, to: review.decide(name, photos, action, to),
            undo=lambda: review.undo(name),
            has_splits=False,
            when_empty=st.rerun,
        )
    )


def _new_class(name: str) -> None:
    """Draw the field for a new class."""
    st.markdown(
        "These photos are in no class yet, so they are not used. Add classes, select photos, then press the key of a "
        "class or drop the photos on it."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("New class", placeholder="t-shirt", width=240, **session.SORT_CLASS.widget(""))
        st.button(
            "Add class", icon=":material/add:", key=f"sort-add-{name}", on_click=page.attempt, args=(_add_class, name)
        )


def _with_new_classes(name: str) -> Dataset:
    dataset = catalogue.unsorted(name)
    new = session.SORT_CLASSES.get().get(name, [])
    return replace(dataset, classes=tuple(sorted({*dataset.classes, *new})))


def _add_class(name: str) -> None:
    existing = _with_new_classes(name).classes
    label = labels.typed(session.SORT_CLASS.get(""), existing)
    if label in existing:
        raise DatasetError(f"There is a class {words.quoted(label)} already.")
    session.SORT_CLASSES.get().setdefault(name, []).append(label)
    session.SORT_CLASS.set("")
