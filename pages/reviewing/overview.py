"""What a dataset looks like as a whole: counts, sizes, brightness, sharpness, and the average picture of each class."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from core import words
from core.datasets import averages, rows
from core.datasets.averages import Averages
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.datasets.measures import Measure
from core.datasets.rows import Rows
from core.drawing import dataset_figures
from pages.frame import access, markdown, page, session

STILL = {"displayModeBar": False}
MOST_PICTURES = 60


def show(dataset: Dataset, measured: Mapping[str, Measure] | None) -> None:
    """Draw the overview. `measured` has the photos' measures by name, or is None before the check."""
    table = rows.of(dataset)
    counts, measures, pictures = page.parts(3)
    with counts:
        _counts(dataset.name, table)
    with measures:
        _measures(dataset.name, table, measured)
    with pictures:
        _averages(dataset)


def _counts(name: str, table: Rows) -> None:
    st.markdown("**Photos by class and split**")
    counts = table.counts()
    st.caption(markdown.plain(_balance(table)))
    st.plotly_chart(
        dataset_figures.counts(table.classes, table.split_names, counts, page.theme()),
        key=f"overview-counts-{name}",
        config=STILL,
        alt=f"Photos by class and split. {_balance(table)} The table below has all numbers.",
    )
    with st.expander("All numbers", icon=":material/table:"):
        splits = {SPLIT_WORDS[split].capitalize(): counts[:, place] for place, split in enumerate(table.split_names)}
        st.dataframe({"Class": list(table.classes), **splits, "All": counts.sum(axis=1)}, hide_index=True)


def _balance(table: Rows) -> str:
    """The largest and the smallest class in a sentence, plain text."""
    totals = table.counts().sum(axis=1)
    largest, smallest = int(totals.argmax()), int(totals.argmin())
    if totals[largest] == totals[smallest]:
        return f"{words.classes(len(totals))} of {words.count(int(totals[largest]), 'photo')} each."
    return (
        f"{words.classes(len(totals))}. {_size('The largest', table, largest)}; "
        f"{_size('the smallest', table, smallest)}."
    )


def _size(which: str, table: Rows, label: int) -> str:
    count = int(table.counts()[label].sum())
    name = words.printable(table.classes[label])
    return f"{which}, {name}, has {words.count(count, 'photo')}"


def _measures(name: str, table: Rows, measured: Mapping[str, Measure] | None) -> None:
    """Draw what was measured of the photos, or say how to have it measured."""
    if measured is None:
        what = "their sizes, proportions, brightness and sharpness"
        how = "Not measured yet" if access.is_read_only() else "Press *Check the photos* to see"
        st.caption(f":material/info: {how}{':' if access.is_read_only() else ''} {what}.")
        return
    readable = [
        (label, measure)
        for photo, label in zip(table.names, table.labels.tolist(), strict=True)
        if (measure := measured.get(photo)) is not None and not measure.error
    ]
    if not readable:
        st.caption(":material/info: None of these photos could be measured.")
        return
    labels = np.array([label for label, _ in readable], np.intp)
    widths = np.array([measure.width for _, measure in readable], np.int64)
    heights = np.array([measure.height for _, measure in readable], np.int64)
    brightness = np.array([measure.brightness for _, measure in readable], np.float64)
    sharpness = np.array([measure.sharpness for _, measure in readable], np.float64)
    if missing := len(table) - len(readable):
        st.caption(f"Without {words.count(missing, 'photo')} that could not be measured.")
    theme = page.theme()
    figures = {
        "Sizes": (
            "A larger dot stands for more photos. Square photos lie on the dotted line.",
            dataset_figures.sizes(widths, heights, theme),
        ),
        "Proportions": (
            "A network gets every photo squeezed into a square: the farther from 1:1, the more it is distorted.",
            dataset_figures.proportions(widths, heights, theme),
        ),
        "Brightness": (
            "Each box holds the middle half of a class, and the line through it 90%. If classes differ much, the model "
            "may learn the light instead of the clothes.",
            dataset_figures.by_class(table.classes, labels, brightness, "Lightness (0 black, 100 white)", theme),
        ),
        "Sharpness": (
            "The same for sharpness. Photos far to the left are blurred, or show a plain surface.",
            dataset_figures.by_class(table.classes, labels, sharpness, "Sharpness (0 to 1)", theme),
        ),
    }
    with st.grid("auto", min_column_width=440):
        for title, (sentence, figure) in figures.items():
            with st.container():
                st.markdown(f"**{title}**")
                st.caption(sentence)
                st.plotly_chart(
                    figure,
                    key=f"overview-{title.lower()}-{name}",
                    config=STILL,
                    alt=f"{title} of {words.count(len(readable), 'photo')}. {sentence}",
                )


@st.fragment
@page.fragment
def _averages(dataset: Dataset) -> None:
    """Draw the average picture of each class on request, with a progress bar. A click that ends this early starts it
    again."""
    st.markdown("**Average picture of each class**")
    st.caption(
        "The training photos of a class laid over each other. A clear shape means similar photos. A backdrop that you "
        "can recognize will be learned too."
    )
    with st.container():  # always there, so that the pictures below keep their place
        if dataset.name not in session.AVERAGES.get():
            st.button(
                "Average the photos",
                icon=":material/blur_on:",
                key=f"overview-average-{dataset.name}",
                on_click=session.AVERAGES.get().add,
                args=(dataset.name,),
            )
            return
    bar = st.empty()

    def show_progress(done: int, total: int) -> None:
        bar.progress(done / total, f"{done:,} of {total:,} photos read")

    pictures = averages.of(dataset, show_progress)
    bar.empty()
    _pictures(dataset.classes, pictures)


def _pictures(classes: tuple[str, ...], pictures: Averages) -> None:
    places = [place for place, count in enumerate(pictures.counts) if count]
    if not places:
        st.info("None of the training photos can be read.")
    with st.grid("auto", min_column_width=96, gap="xsmall"):
        for place in places[:MOST_PICTURES]:
            count = words.count(pictures.counts[place], "photo")
            st.image(
                pictures.pictures[place],
                caption=f"{markdown.plain(classes[place])} ({pictures.counts[place]:,})",
                width="stretch",
                output_format="PNG",
                alt=f"The average of {count} of the class {classes[place]}",
            )
    if max(pictures.counts) == averages.most_photos(len(classes)):
        st.caption(f"At most {max(pictures.counts):,} photos of each class are averaged; more would look the same.")
    if len(places) > MOST_PICTURES:
        st.caption(f"The first {MOST_PICTURES} of {words.classes(len(places))}.")
