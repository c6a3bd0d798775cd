"""The photos that MixUp and CutMix mix in on Augment: the training photos of the dataset chosen there."""

import streamlit as st

from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.datasets import catalogue
from core.datasets.partners import FilePartners, of_dataset
from core.photos.photo import Photo
from pages.frame import markdown, session
from pages.photos import dataset_picker


def of(photo: Photo, shown: Recipe) -> str:
    """The dataset whose photos are mixed in, and a version of its list of photos; empty if none are. It belongs to the
    key of everything that is cached. Raises DatasetError."""
    if not recipe.mixes(shown):
        return ""
    name = dataset(photo)
    return f"{name}/{of_dataset(dataset_picker.load(name), preview.SIZE).version}"


def load(key: str, size: int = preview.SIZE) -> FilePartners | None:
    """The photos for a key from `of`; None for the empty one. Raises DatasetError."""
    return of_dataset(dataset_picker.load(key.partition("/")[0]), size) if key else None


def dataset(photo: Photo) -> str:
    """The dataset of the photo, or else the one chosen for photos; the drawn garments if it no longer exists."""
    known = catalogue.names()
    chosen = photo.place.partition("/")[0] or session.PHOTO_DATASET.get(known[0])
    return chosen if chosen in known else catalogue.DRAWN


def note(photo: Photo, shown: Recipe) -> None:
    """Say which photos are mixed in, and whether training mixes the same ones."""
    if not recipe.mixes(shown):
        return
    title = markdown.plain(catalogue.title(dataset(photo)))
    same = (
        "Training on it mixes this photo with the same ones."
        if photo.place
        else "This photo is not among them, so training has no such picture."
    )
    st.caption(f":material/join: Mixed in: training photos of **{title}**. {same} The label mixes in the same shares.")
