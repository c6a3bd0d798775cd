"""The answers to all photos: a summary, a table to download, and a gallery to filter and sort."""

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
from core.answering.tables import Result, Sets
from core.photos.album import PhotoSource
from pages.frame import badges, markdown, page, pager, session
from pages.predicting import correcting, detail, downloads, putting_right, tray, work

A_PAGE = 24  # cards
CARD = 150  # px, the largest width and height of a picture on a card
EVERY = 1.0  # s between two updates while answers come in
NO_SETS = 0.0  # instead of a certainty
KINDS: dict[str, Doubt | None] = {
    "All": None,
    **{badge.text: kind for kind, badge in badges.DOUBTS.items()},
}
ORDERS = dict(zip(tables.ORDERS, ("Order of upload", "Name", "Surest first", "Least sure first"), strict=True))
CONFIRMED = badges.Badge("Confirmed", ":material/check:", "blue")
SUMMARY = {  # the words of each kind in the summary
    Doubt.NONE: "confident",
    Doubt.CLOSE: "unsure",
    Doubt.UNLIKE: "probably not clothing",
    Doubt.UNREAD: "could not be read",
}


def show(model: Model, classifier: Classifier, photos: dict[str, PhotoSource], is_working: bool) -> None:
    """Draw all answers. With `is_working`, more are coming in."""
    st.fragment(page.fragment(_show), run_every=EVERY if is_working else None, key="predict-answers")(
        model, classifier, photos, is_working, session.OPEN_PHOTO.get(), correcting.changes()
    )
    if not _is_single(model, photos):
        detail.show_dialog(model, classifier, photos, doubts(classifier), sets(classifier))


def _is_single(model: Model, photos: dict[str, PhotoSource]) -> bool:
    """Whether there is only one answer, which then needs no gallery."""
    done = work.of(model)
    return not done.waiting(photos) and sum(result.answer is not None for result in done.answers.values()) == 1


def doubts(classifier: Classifier) -> Callable[[Answer], Doubt]:
    """A function that returns the doubt about an answer, at the chosen caution."""
    return partial(classifier.doubts, rate=session.caution(classifier.rates).get(doubt.FALSE_ALARMS))


def sets(classifier: Classifier) -> Sets | None:
    """A function that returns the labels of which one is right, at the chosen certainty; None without such sets."""
    certainty = session.predict("certainty").get(NO_SETS)
    return partial(classifier.one_of, certainty=certainty) if certainty in classifier.certainties else None


def _show(
    model: Model,
    classifier: Classifier,
    photos: dict[str, PhotoSource],
    is_working: bool,
    open_photo: str,
    changes: int,
) -> None:
    putting_right.take(model, photos)
    if correcting.changes() != changes:
        st.rerun()  # the number of corrections on the page is another one
    if tray.photos().keys() != photos.keys() or session.OPEN_PHOTO.get() != open_photo:
        st.rerun()  # a click or key in this fragment changed the whole page
    predictions = work.of(model).answers
    names = [name for name in photos if name in predictions]
    if not names:
        return
    answered = [predictions[name] for name in names]
    results = list(tables.results(answered, doubts(classifier), correcting.of(names), sets(classifier)))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        summary = st.container(width="content")
        with st.container(horizontal=True, width="content"):
            downloads.show(results, len(photos), {i: predictions[name].thumbnail for i, name in enumerate(names)})
        summary.markdown(_summary(results))  # last: a new summary on the screen means new downloads
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        _caution(classifier)
        _certainty(classifier)
    _unread(results)
    if _is_single(model, photos):
        result = next(result for result in results if result.answer)
        detail.show(model, classifier, photos, names[result.place], result)
        correcting.question(photos)
        return
    if all(result.answer is None for result in results):
        return
    is_putting_right = st.toggle(
        "Put answers right",
        **session.PUT_RIGHT.widget(False),
        help="Shows the photos in a grid, where you can say what many photos at once are, by click or by key.",
    )
    correcting.question(photos)
    # while answers are put right, photos stay where the model's own answers put them
    shown = list(tables.results(answered, doubts(classifier))) if is_putting_right else results
    matches, choice = _filter(model, shown, is_working)
    session.GALLERY.set(tuple(names[result.place] for result in matches if result.answer))
    named = [(names[result.place], result) for result in matches]
    if is_putting_right:
        putting_right.show(model, named, predictions, choice)
    else:
        _gallery(named, predictions, choice)


def _summary(results: list[Result]) -> str:
    """The number of photos of each kind: '30 photos: 28 confident, 1 unsure, 1 could not be read'."""
    kinds = tables.kinds(results)
    parts = [f"{kinds[kind]} {text}" for kind, text in SUMMARY.items() if kinds[kind]]
    return f"**{words.count(len(results), 'photo')}**: {', '.join(parts)}"


def _caution(classifier: Classifier) -> None:
    """Draw the slider for the caution. Models that were saved before it existed have only one level."""
    if len(classifier.rates) < 2:
        return
    ends = {classifier.rates[0]: "low: ", classifier.rates[-1]: "high: "}
    st.select_slider(
        "Caution",
        classifier.rates,
        format_func=lambda rate: f"{ends.get(rate, '')}{100 * rate:.0f} of 100",
        **session.caution(classifier.rates).widget(doubt.FALSE_ALARMS),
        width=420,
        help="How easily the model doubts its answers. With high caution, it doubts more answers, and fewer of its "
        "confident answers are wrong. The number is the price: of 100 ordinary photos of clothes, it doubts about this "
        "many for no reason. That holds for each of the two doubts: *not sure* (two answers are close) and *probably "
        "none of these* (the photo is unlike all training photos). The answers themselves stay the same.",
    )


def _certainty(classifier: Classifier) -> None:
    """Draw the choice of sets. Models that were saved before sets existed have none."""
    if not classifier.certainties:
        return
    choices = (NO_SETS, *classifier.certainties)
    st.selectbox(
        "Answer with",
        choices,
        format_func=lambda certainty: f"sets, {100 * certainty:.0f} of 100 right" if certainty else "one class",
        **session.predict("certainty").choice(choices),
        width=240,
        help="A set names as many classes as it takes: *one of shirt, longsleeve*. The number says how many of 100 "
        "sets for ordinary photos of its classes hold the right class, for common and for rare classes alike (split "
        "conformal prediction, measured on the validation photos). An easy photo has a set of one class.",
    )


def _unread(results: list[Result]) -> None:
    """Show why photos could not be read, one line each."""
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
        st.markdown("\n".join(f"- {_line(result)}" for result in unread))


def _line(result: Result) -> str:
    return f"**{markdown.plain(result.name)}**: {markdown.plain(result.error)}"


def _filter(model: Model, results: list[Result], is_working: bool) -> tuple[list[Result], str]:
    """Let the user choose filters and an order. Returns the matching photos in order, and a name for the choice."""
    counts, kinds = tables.labels(results), tables.kinds(results)
    counts_by_name = {name: kinds[kind] for name, kind in KINDS.items() if kind}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # the browser identifies a choice by its label, so labels have no numbers while answers come in
        kind = st.segmented_control(
            "Show",
            list(KINDS),
            **session.predict("kind").buttons("All"),
            required=True,
            wrap=True,
            format_func=lambda name: name if is_working or name == "All" else f"{name} {counts_by_name[name]}",
        )
        order = st.selectbox(
            "Order",
            tables.ORDERS,
            format_func=ORDERS.__getitem__,
            **session.predict("order").choice(tables.ORDERS),
            width=180,
        )
    labels = session.predict(f"labels-{zlib.crc32(repr(model.labels).encode()):x}")  # other models have other labels
    selected = labels.get([])
    answers = st.pills(
        "Answers",
        [
            label
            for label in dict.fromkeys([*model.labels, *counts])
            if is_working or counts[label] or label in selected
        ],
        selection_mode="multi",
        **labels.buttons([]),
        format_func=lambda label: markdown.plain(label if is_working else f"{label} {counts[label]}"),
        label_visibility="collapsed",
    )
    choice = f"{zlib.crc32(repr((labels.key, kind, order, answers)).encode()):x}"
    return tables.sorted_results(tables.filtered(results, answers, KINDS[kind or "All"]), order), choice


def _gallery(matches: list[tuple[str, Result]], predictions: dict[str, Prediction], choice: str) -> None:
    readable = [(name, result) for name, result in matches if result.answer]
    if not readable:
        unread = any(result.kind is Doubt.UNREAD for _, result in matches)
        st.info(
            "The list above says why each of these photos could not be read."
            if unread
            else "No photos match. Choose *All*, or other answers.",
        )
        _clear(1)
        return
    pages = -(-len(readable) // A_PAGE)
    last_choice, page = session.GALLERY_PAGE.get()
    page = min(page, pages) if last_choice == choice else 1  # a new choice starts at its first page
    session.GALLERY_PAGE.set((choice, page))
    cards = readable[(page - 1) * A_PAGE : page * A_PAGE]
    with st.grid("auto", min_column_width=CARD + 16):
        for name, result in cards:
            _card(name, result, predictions[name].thumbnail)
        _clear(A_PAGE - len(cards))
    if pages > 1:
        _page_buttons(page, pages, choice)
    else:
        _clear(1)


def _clear(count: int) -> None:
    """Draw nothing over earlier elements: when ticks of fragments overlap, a busy browser sometimes keeps them."""
    for _ in range(count):
        st.empty()


def _page_buttons(page: int, pages: int, choice: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pager.buttons("predict", page, pages, lambda target: session.GALLERY_PAGE.set((choice, target)))
        st.caption(f"Page {page} of {pages}", width="content")


def _card(name: str, result: Result, thumbnail: bytes) -> None:
    assert result.answer is not None
    badge = badges.DOUBTS[result.kind]
    if result.corrected is not None:
        badge = CONFIRMED if result.corrected == result.answer.label else badges.CORRECTED
    percent = words.percent(result.answer.probability)
    with st.container(border=True, height="stretch", gap="xsmall"):
        with st.container(height=CARD + 4, border=False, horizontal_alignment="center", vertical_alignment="center"):
            st.image(thumbnail, width=_width(thumbnail), alt=f"{result.name}, upright")
        st.button(
            f"**{markdown.plain(detail.headline(result))}**",
            key=f"open-{name}",
            width="stretch",
            wrap=True,
            on_click=session.OPEN_PHOTO.set,
            args=(name,),
            help="Take a closer look",
        )
        if result.corrected is not None:
            instead = "" if badge is CONFIRMED else f", not {markdown.plain(result.answer.label)}"
            st.badge(f"{badge.text}{instead}", icon=badge.icon, color=badge.color)
        elif result.kind is Doubt.UNLIKE:  # without its percentage, which only compares it with the other classes
            closest = markdown.plain(words.with_article(result.label))
            st.badge(f"Closest: {closest}", icon=badge.icon, color=badge.color)
        elif result.kind is Doubt.CLOSE:
            st.badge(f"{badge.text}: {percent}", icon=badge.icon, color=badge.color)
        name = markdown.plain(result.name)
        is_sure = result.kind is Doubt.NONE and result.corrected is None
        st.caption(f"{percent} · {name}" if is_sure else name)


def _width(thumbnail: bytes) -> int:
    """The width in px at which the picture fits on a card."""
    with Image.open(io.BytesIO(thumbnail)) as image:
        return max(1, round(CARD * min(1, image.width / image.height)))
