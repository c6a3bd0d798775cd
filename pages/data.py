"""Data: the photo collections to train with, and how to add one's own."""

from datetime import datetime
from pathlib import Path

import streamlit as st

from core import words
from core.datasets import catalogue, checks, drawn, offered
from core.datasets.catalogue import Dataset
from core.datasets.folders import LAYOUT
from core.errors import AppError
from core.files import cache, disk
from core.runs import course, launch
from pages.frame import better, markdown, page
from pages.photos import dataset_picker, pictures

TILES = 10
KINDS = {
    "datasets": "Unpacked datasets",
    "models": "Saved models",
    "runs": "Runs and curves",
    "recipes": "Saved recipes",
    "pixels": "Cached photos, squared",
    "features": "Cached features",
    "backbones": "Cached backbones",
    "downloads": "Leftovers of downloads",
}
MOST_REMARKS = 20

page.header("Data", "The photo collections to train with: drawings are built in, your own come as a folder or a zip.")


def describe(dataset: Dataset) -> None:
    """What a dataset holds, with a photo of each class."""
    counts = {dataset_picker.SPLIT_WORDS[name]: len(split) for name, split in dataset.splits.items()}
    sentence(dataset.name, len(dataset.classes), counts)
    train = dataset.splits["train"]
    first = {label: path for path, label in reversed(list(zip(train.paths, train.labels, strict=True)))}
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for label, name in list(enumerate(dataset.classes))[:TILES]:
            try:
                picture = pictures.thumbnail(first[label].read_bytes(), 160)
            except (AppError, OSError):
                continue  # `data check` names the photos that can't be read
            caption = f"{markdown.plain(name)} ({train.labels.count(label)})"
            st.image(picture, caption=caption, width="stretch", alt=f"A photo of the class {name}")
    if st.button(
        "Check the photos",
        icon=":material/fact_check:",
        key=f"check-{dataset.name}",
        help="Looks for files that can't be read, the same photo twice, and rare classes.",
    ):
        check(dataset)
    if not dataset.is_drawn:
        with st.popover("Remove", icon=":material/delete:"):
            st.markdown("Photos that were unpacked here are deleted; a folder of yours is only forgotten, not touched.")
            if st.button("Remove this dataset", type="primary", key=f"remove-{dataset.name}"):
                catalogue.remove(dataset.name)
                st.rerun()


def check(dataset: Dataset) -> None:
    """Read every photo and say what a person should look at."""
    bar = st.progress(0.0, "Reading the photos …")
    found = checks.check(dataset, lambda done, of: bar.progress(done / of, f"{done:,} of {of:,} photos read"))
    bar.empty()
    if not found:
        st.success("Nothing to remark.", icon=":material/check_circle:")
    for remark in found[:MOST_REMARKS]:
        st.markdown(f":material/warning: {markdown.plain(remark)}")
    if len(found) > MOST_REMARKS:
        st.caption(f"and {len(found) - MOST_REMARKS} more; `python -m core data check {dataset.name}` lists all.")


def sentence(name: str, classes: int, counts: dict[str, int]) -> None:
    photos = ", ".join(f"{count:,} {words}" for words, count in counts.items())
    things = "drawings" if name == catalogue.DRAWN else "photos"
    st.markdown(f"**{dataset_picker.label(name)}**: {classes} classes; {photos} {things}")


def describe_undrawn() -> None:
    """The drawn garments before anybody needed them: a few are drawn for this page, all when they are first used."""
    counts = {dataset_picker.SPLIT_WORDS[split]: count * len(drawn.CLASSES) for split, count in drawn.COUNTS.items()}
    sentence(catalogue.DRAWN, len(drawn.CLASSES), counts)
    with st.grid("auto", min_column_width=90, gap="xsmall"):
        for name in drawn.CLASSES:
            picture = pictures.example(name, 0, drawn.SIDE).data
            st.image(
                picture,
                caption=f"{name} ({drawn.COUNTS['train']})",
                width="stretch",
                alt=f"A drawing of the class {name}",
            )


def added(dataset: Dataset) -> None:
    st.session_state["data-added"] = f"{dataset.name} is ready: {sum(map(len, dataset.splits.values())):,} photos."
    st.rerun()


def add_folder() -> None:
    path = st.text_input(
        "Folder on this machine",
        key="data-folder",
        placeholder="/home/me/wardrobe",
        help=f"The photos stay where they are. {LAYOUT}.",
    )
    name = st.text_input(
        "Name",
        key="data-folder-name",
        placeholder=catalogue.name_for(path or "wardrobe"),
        help="Small letters, digits, - and _.",
    )
    if st.button("Add folder", icon=":material/create_new_folder:", disabled=not path.strip()):
        with page.errors():
            added(catalogue.add_folder(name.strip() or catalogue.name_for(path.strip()), Path(path.strip())))


def add_zip() -> None:
    archive = st.file_uploader("A zip of photos", type="zip", key="data-zip", help=f"{LAYOUT}, zipped.")
    name = st.text_input("Name", key="data-zip-name", placeholder=catalogue.name_for(archive.name if archive else ""))
    if st.button("Add zip", icon=":material/folder_zip:", disabled=archive is None) and archive is not None:
        with page.errors():
            bar = st.progress(0.0, "Unpacking …")
            chosen = name.strip() or catalogue.name_for(archive.name)
            added(catalogue.add_zip(chosen, archive, lambda share: bar.progress(min(1.0, share), "Unpacking …")))


@st.fragment(run_every=1)
def download() -> None:
    """The offered dataset: one click, its progress, its outcome."""
    st.markdown(
        f"**clothing-dataset-small**: 3,781 photos of clothes in ten classes, {offered.MEGABYTES} MB from "
        f"GitHub, free of rights (CC0). {course.NAME} trains with it."
    )
    status = offered.status()
    if status and status.running:
        st.progress(status.share, f"Downloading: {status.words}")
        return
    if status and status.share >= 1:
        offered.forget()
        st.session_state["data-added"] = f"{catalogue.CLOTHING} is ready."
        st.rerun()
    if status and status.error:
        st.error(status.error, icon=":material/cloud_off:")
    if catalogue.CLOTHING in catalogue.names():
        st.caption(":material/check_circle: It is here already.")
    elif st.button("Download it", icon=":material/download:", type="primary", key="data-download"):
        with page.errors():
            offered.start()
            st.rerun()


def take_stock() -> None:
    """What the workspace takes of the disk, and the cache's clean-up."""
    taken = disk.usage()
    st.dataframe(
        [
            {
                "What": KINDS[one.kind],
                "Size": words.size(one.bytes),
                "Files": one.files,
                "Last used": f"{datetime.fromtimestamp(one.used):%Y-%m-%d %H:%M}" if one.used else "–",
            }
            for one in taken
        ],
        hide_index=True,
    )
    cached = sum(one.bytes for one in taken if one.is_cache)
    st.caption(
        f"The caches take {words.size(cached)}; what was used least recently goes when they would take more than "
        f"{words.size(cache.limit())}, or when the disk gets full ({words.size(cache.free())} are free). A saved "
        "model can be deleted on Predict, at its card; a run on Train."
    )
    times = st.session_state.setdefault("disk-cleanings", 0)  # a new popover is closed
    with st.popover("Clean the caches", icon=":material/mop:", key=f"disk-cleaning-{times}"):
        st.markdown("Nothing but time is lost: what is needed again is computed anew from the photos.")
        if launch.is_working():
            st.markdown(":material/play_circle: The training process is alive; what it uses stays.")
        if st.button("Delete what nobody uses", type="primary", key="disk-clean"):
            st.session_state["data-cleaned"] = cache.clean()
            st.session_state["disk-cleanings"] = times + 1
            st.rerun()


def cleaned(done: cache.Cleaned) -> None:
    """What the clean-up did, in a sentence."""
    things = "1 thing is" if done.kept == 1 else f"{done.kept} things are"
    kept = f"; {things} in use and stayed" if done.kept else ""
    st.success(f"{words.size(done.bytes)} freed{kept}.", icon=":material/check_circle:")


with st.container():  # always there, so that nothing below is taken for something else when the message goes
    if message := st.session_state.pop("data-added", None):
        st.success(message, icon=":material/check_circle:")
    wanted = better.on_data()

for known in catalogue.names():
    with st.container(border=True), page.errors():
        if known == catalogue.DRAWN and not catalogue.is_drawn_yet():
            describe_undrawn()
        else:
            describe(catalogue.load(known))

st.subheader("Add photos", anchor=False)
folder_tab, zip_tab, download_tab = st.tabs(
    ["A folder", "A zip", "Download"], default="Download" if wanted else "A folder"
)
with folder_tab:
    add_folder()
with zip_tab:
    add_zip()
with download_tab:
    download()

st.subheader("Disk", anchor=False)
with st.container():
    if outcome := st.session_state.pop("data-cleaned", None):
        cleaned(outcome)
with page.errors():
    take_stock()
