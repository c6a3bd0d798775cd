"""The same draw on several photos, beside what training does: each photo with values of its own."""

import streamlit as st

from core import photos as photo_files
from core.augment import preview, recipe
from core.augment.recipe import Recipe
from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from core.photos import formats
from core.photos.photo import Photo
from pages.augmenting import partners, pictures
from pages.frame import markdown, page, session
from pages.photos import dataset_picker
from pages.photos import pictures as squares

MOST = 6  # photos
SOURCES = ("Training photos", "Own photos")
SAME, OWN = "The same values", "As in training"


def show(photo: Photo, shown: Recipe, seed: int) -> None:
    """Draw the expander with the choice of photos, and the photos."""
    if not shown:
        return
    box = st.expander(
        "The same draw on several photos", icon=":material/photo_library:", on_change="rerun", key="augment-several"
    )
    if not box.open:
        return
    with box, page.errors():
        others = _photos(photo)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            mode = st.segmented_control(
                "Values", (SAME, OWN), **session.augment("several-values").buttons(SAME), required=True
            )
            view = st.number_input(
                "View", 1, pictures.DRAWS, **session.augment("several-view").widget(1), width=140,
                help="The number of the draw. View 1 is what the first epoch sees.",
            )  # fmt: skip
        st.markdown(
            "Each photo gets the values of the photo above. **Training does not do this**: it draws new values for "
            "each photo and each view."
            if mode == SAME
            else "This is what training sees: each photo has values of its own, and new ones in each view."
        )
        if not others:
            st.info("Choose photos to see the draw on them.")
            return
        keys = "-".join(str(each.number) for each in others)
        number = str(photo.number) if mode == SAME else ""
        pictures.gallery(
            [
                (file, "", f"{markdown.plain(name)} · {caption}")
                for (file, _, caption), name in zip(
                    _files(keys, number, recipe.dumps(shown), seed, view - 1, others, partners.of(photo, shown)),
                    (each.label or each.name for each in others),
                    strict=True,
                )
            ]
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _files(
    keys: str, number: str, steps: str, seed: int, view: int, _photos: list[Photo], mixed: str
) -> pictures.Files:
    """Each photo in this view (from 0), with the values of photo `number`, or with its own if that is empty."""
    loaded = recipe.loads(steps)
    drawn: list[preview.Preview] = []
    others = partners.load(mixed)
    for photo in _photos:
        square = squares.square(photo.data, pictures.SIZE)
        drawn += preview.across([square], int(number or photo.number), loaded, seed, view, others)
    return [(file, each.label, each.caption) for file, each in zip(preview.encode_all(drawn), drawn, strict=True)]


def _photos(photo: Photo) -> list[Photo]:
    """Draw the choice of photos, and return at most MOST. Raises AppError."""
    source = st.segmented_control(
        "Photos", SOURCES, **session.augment("several-source").buttons(SOURCES[0]), required=True
    )
    if source == SOURCES[1]:
        files = st.file_uploader(
            f"Up to {MOST} photos",
            accept_multiple_files=True,
            key="augment-several-upload",
            max_upload_size=formats.MOST_BYTES // 10**6,
        )
        return [Photo(file.getvalue(), file.name) for file in files[:MOST]]
    dataset = dataset_picker.load(session.PHOTO_DATASET.get(catalogue.names()[0]))
    control = session.augment(f"several-classes-{dataset.name}")
    usual = [photo.label] if photo.label in dataset.classes else [dataset.classes[0]]
    if not set(control.get(usual)) <= set(dataset.classes):  # a class was renamed or removed
        control.set(usual)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        classes = st.multiselect(
            "Classes",
            dataset.classes,
            **control.buttons(usual),
            max_selections=MOST,
            help=f"{MOST} training photos, shared out among the classes.",
        )
        start = st.number_input(
            "From photo", 1, None, **session.augment("several-from").widget(1), width=140,
            help="The number of the first photo within each class.",
        )  # fmt: skip
    return _of_dataset(dataset, classes, start)


def _of_dataset(dataset: Dataset, classes: list[str], start: int) -> list[Photo]:
    """MOST training photos of the classes in turn, from number `start` on; after a class's last comes its first."""
    split, found = dataset.splits["train"], []
    for turn in range(MOST if classes else 0):
        label = classes[turn % len(classes)]
        paths = [path for path, i in zip(split.paths, split.labels, strict=True) if dataset.classes[i] == label]
        number = (start - 1 + turn // len(classes)) % len(paths)
        path = paths[number]
        found.append(
            Photo(
                photo_files.read_file(path), path.name, f"{dataset.name}/{label}/{number + 1}", f"{label} {number + 1}"
            )
        )
    return list({each.place: each for each in found}.values())
