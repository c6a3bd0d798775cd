"""The answers to all photos: in one line, as a table to take away, and as a gallery to filter and sort."""

import io
import zlib
from collections.abc import Callable
from functools import partial

import streamlit as st
from PIL import Image

from core import words
from core.answering import doubt, tables
from core.answering.bulk import Prediction
from core.answering.classifier import Answer, Classifier
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.answering.tables import Result
from core.photos.album import PhotoSource
from pages.frame import badges, markdown, session
from pages.predicting import detail, tray, work

A_PAGE = 24  # cards
CARD = 150  # px, the most that a picture on a card is wide or high
EVERY = 1.0  # s between two looks while answers come in
KINDS: dict[str, Doubt | None] = {
    "All": None,
    **{said[0].capitalize(): kind for kind, said in badges.DOUBTS.items()},
}
ORDERS = dict(zip(tables.ORDERS, ("As they came", "Name", "Surest first", "Least sure first"), strict=True))


def show(model: Model, classifier: Classifier, photos: dict[str, PhotoSource], coming: bool) -> None:
    """All that there is to say of the photos; `coming` tells that answers are still coming in."""
    st.fragment(_show, run_every=EVERY if coming else None, key="predict-answers")(
        model, classifier, photos, coming, session.CLOSER.get()
    )
    if not _is_one(model, photos):
        detail.dialog_if_open(model, classifier, photos, doubts(classifier))


def _is_one(model: Model, photos: dict[str, PhotoSource]) -> bool:
    """Whether there is one answer in all, which is then shown at large without a gallery."""
    done = work.of(model)
    return not done.waiting(photos) and sum(one.answer is not None for one in done.answers.values()) == 1


def doubts(classifier: Classifier) -> Callable[[Answer], Doubt]:
    """Why to doubt an answer, at the caution chosen."""
    return partial(classifier.doubts, rate=session.caution(classifier.rates).get(doubt.FALSE_ALARMS))


def _show(model: Model, classifier: Classifier, photos: dict[str, PhotoSource], coming: bool, closer: str) -> None:
    if tray.photos().keys() != photos.keys() or session.CLOSER.get() != closer:
        st.rerun()  # a click in this fragment that concerns the whole page
    found = work.of(model).answers
    names = [name for name in photos if name in found]
    if not names:
        return
    results = list(tables.results((found[name] for name in names), doubts(classifier)))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_summary(results), width="content")
        with st.container(horizontal=True, width="content"):
            _downloads(results, len(photos))
    _caution(classifier)
    _unread(results)
    if _is_one(model, photos):
        (one,) = (photo for photo in results if photo.answer)
        detail.show(model, classifier, names[one.place], photos[names[one.place]], one)
        return
    if all(photo.answer is None for photo in results):
        return
    chosen, choice = _chosen(model, results, coming)
    session.GALLERY.set(tuple(names[photo.place] for photo in chosen if photo.answer))
    _gallery([(names[photo.place], photo) for photo in chosen], found, choice)


def _summary(results: list[Result]) -> str:
    """'28 answers, 2 of them not sure · 1 probably none of these · 1 could not be read'."""
    kinds = tables.kinds(results)
    parts = []
    if answered := kinds[Doubt.NONE] + kinds[Doubt.CLOSE]:
        unsure = f", {kinds[Doubt.CLOSE]} of them not sure" if kinds[Doubt.CLOSE] else ""
        parts.append(f"**{words.count(answered, 'answer')}**{unsure}")
    parts += [f"{kinds[kind]} {badges.DOUBTS[kind][0]}" for kind in (Doubt.UNLIKE, Doubt.UNREAD) if kinds[kind]]
    return " · ".join(parts)


def _downloads(results: list[Result], count: int) -> None:
    """The table of all photos answered so far. Written at once and not when it is asked for: a click on a page that is
    being drawn anew would ask for a table of the drawing before, which is no longer there."""
    explained = (
        "A line for each photo: file, answer, probability, second, unsure, reason, doubt (not sure, none of these), or "
        "why it could not be read."
    )
    if len(results) < count:
        explained += f" So far {len(results)} of {count}."
    st.download_button(
        "CSV",
        "".join(tables.as_csv(results)).encode(),
        "answers.csv",
        "text/csv",
        icon=":material/download:",
        help=explained,
        on_click="ignore",
        key="predict-csv",
    )
    st.download_button(
        "JSON",
        tables.as_json(results),
        "answers.json",
        "application/json",
        icon=":material/data_object:",
        help=explained,
        on_click="ignore",
        key="predict-json",
    )
    st.button(
        "Start over",
        icon=":material/restart_alt:",
        key="predict-clear",
        on_click=tray.clear,
        help="Forgets all photos and their answers.",
    )


def _caution(classifier: Classifier) -> None:
    """How easily answers are doubted; models saved before there was a choice have one caution only."""
    if len(classifier.rates) < 2:
        return
    ends = {classifier.rates[0]: "bold: ", classifier.rates[-1]: "cautious: "}
    st.select_slider(
        "How easily to doubt, from bold to cautious",
        classifier.rates,
        format_func=lambda rate: f"{ends.get(rate, '')}{100 * rate:.0f} of 100",
        **session.caution(classifier.rates).widget(doubt.FALSE_ALARMS),
        width=420,
        help="Further to the right more answers are doubted, and fewer wrong ones are left among the others. The "
        "price: so many of 100 ordinary photos of clothes are doubted without need, by each of the two doubts, *not "
        "sure* (two answers lie close) and *probably none of these* (unlike all photos the model learned from). The "
        "answers stay as they are.",
    )


def _unread(results: list[Result]) -> None:
    """Why photos could not be read, a line for each."""
    unread = tables.filtered(results, kind=Doubt.UNREAD)
    if not unread:
        return
    if len(unread) == 1:
        st.error(_line(unread[0]), icon=":material/error:")
        return
    with st.expander(
        f"{len(unread)} photos could not be read",
        expanded=len(unread) < 4,
        icon=":material/error:",
        key="predict-unread",
    ):
        st.markdown("\n".join(f"- {_line(photo)}" for photo in unread))


def _line(photo: Result) -> str:
    return f"**{markdown.plain(photo.name)}**: {markdown.plain(photo.error)}"


def _chosen(model: Model, results: list[Result], coming: bool) -> tuple[list[Result], str]:
    """The photos to show, by the filters and in the order that a person chose, and a name for this choice."""
    counts, kinds = tables.labels(results), tables.kinds(results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # while answers come in no figure stands in the labels, by which the browser knows the choice
        kind = st.segmented_control(
            "Show",
            list(KINDS),
            **session.predict("kind").widget("All"),
            required=True,
            wrap=True,
            format_func=lambda said: said if coming or said == "All" else f"{said} {kinds[KINDS[said]]}",
        )
        order = st.selectbox(
            "Order",
            tables.ORDERS,
            format_func=ORDERS.__getitem__,
            **session.predict("order").widget(tables.ORDERS[0]),
            width=180,
        )
    labels = session.predict(f"labels-{zlib.crc32(repr(model.labels).encode()):x}")  # another model has others
    before = labels.get([])
    picked = st.pills(
        "Answers",
        [label for label in model.labels if coming or counts[label] or label in before],
        selection_mode="multi",
        **labels.widget([]),
        format_func=lambda label: markdown.plain(label if coming else f"{label} {counts[label]}"),
        label_visibility="collapsed",
    )
    choice = f"{zlib.crc32(repr((labels.key, kind, order, picked)).encode()):x}"
    return tables.sorted_results(tables.filtered(results, picked, KINDS[kind or "All"]), order), choice


def _gallery(chosen: list[tuple[str, Result]], found: dict[str, Prediction], choice: str) -> None:
    readable = [(name, photo) for name, photo in chosen if photo.answer]
    if not readable:
        unread = any(photo.kind == "unread" for _, photo in chosen)
        st.info(
            "Photos that could not be read are named above, each with the reason."
            if unread
            else "No photo is left by this choice. Choose *All*, or other answers.",
        )
        _nothing(1)
        return
    pages = -(-len(readable) // A_PAGE)
    before, page = session.GALLERY_PAGE.get()
    page = min(page, pages) if before == choice else 1  # another choice begins at its first page
    session.GALLERY_PAGE.set((choice, page))
    with st.grid("auto", min_column_width=CARD + 16):
        for name, photo in readable[(page - 1) * A_PAGE : page * A_PAGE]:
            _card(name, photo, found[name].thumbnail)
        _nothing(A_PAGE - len(readable[(page - 1) * A_PAGE : page * A_PAGE]))
    if pages > 1:
        _turn_pages(page, pages, choice)
    else:
        _nothing(1)


def _nothing(count: int) -> None:
    """Lay nothing over what stood here before: where ticks of fragments meet, a busy browser sometimes keeps it."""
    for _ in range(count):
        st.empty()


def _turn_pages(page: int, pages: int, choice: str) -> None:
    """Two buttons and no st.pagination: a widget that comes and goes may show another page than the one that holds."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, to in (
            ("Page before", ":material/arrow_back:", page - 1),
            ("Next page", ":material/arrow_forward:", page + 1),
        ):
            st.button(
                label,
                icon=icon,
                key=f"predict-{label.lower().replace(' ', '-')}",
                disabled=not 1 <= to <= pages,
                on_click=session.GALLERY_PAGE.set,
                args=((choice, to),),
            )
        st.caption(f"Page {page} of {pages}", width="content")


def _card(name: str, photo: Result, thumbnail: bytes) -> None:
    assert photo.answer is not None
    said, icon, colour = badges.DOUBTS[photo.kind]
    share = words.percent(photo.answer.probability)
    with st.container(border=True, height="stretch", gap="xsmall"):
        with st.container(height=CARD + 4, border=False, horizontal_alignment="center", vertical_alignment="center"):
            st.image(thumbnail, width=_width(thumbnail), alt=f"{photo.name}, upright")
        st.button(
            f"**{markdown.plain(detail.headline(photo))}**",
            key=f"open-{name}",
            width="stretch",
            wrap=True,
            on_click=session.CLOSER.set,
            args=(name,),
            help="Look closer",
        )
        if photo.kind == "unlike":  # a percentage only compares it with the other answers
            st.badge(f"nearest: {markdown.plain(words.with_article(photo.label))}", icon=icon, color=colour)
        elif photo.kind == "close":
            st.badge(f"{said}: {share}", icon=icon, color=colour)
        st.caption(f"{share} · {markdown.plain(photo.name)}" if photo.kind == "sure" else markdown.plain(photo.name))


def _width(thumbnail: bytes) -> int:
    """The width at which the picture fits a card, whatever its proportions."""
    with Image.open(io.BytesIO(thumbnail)) as image:
        return max(1, round(CARD * min(1, image.width / image.height)))
