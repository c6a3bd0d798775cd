"""Asks the lesson's model about a photo: one that is dropped, or what the camera sees."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import words
from core.answering import classifier, likeness
from core.answering.classifier import Answer, Classifier
from core.answering.doubt import Doubt
from core.answering.likeness import Neighbours
from core.answering.shelf import Model
from core.drawing import figures
from core.photos import formats
from core.photos import square as photo_square
from core.serving import limits
from core.teaching.draft import Outcome
from core.teaching.fitting import Array
from core.teaching.kinds import NONE
from core.teaching.lesson import Row
from core.teaching.nearest import nearest
from pages.frame import access, badges, markdown, page, session
from pages.photos import camera
from pages.teaching import adding, pictures

SOURCES = ("Photo", "Camera")
FRONT = 5  # answers in the bars
BUTTONS = 8  # kinds with a button; the others are in a list
THUMBNAIL = 80  # px
Photos = Mapping[str, Sequence[Row]]


def show(name: str, photos: Photos, model: Model | None, outcome: Outcome | None) -> None:
    """Draw the question and its answer. Until there is a model, say nothing: `watch` says what is missing."""
    with st.container(border=True, key="teach-question-box"):
        st.markdown("**Try it**")
        if model is None or outcome is None:
            st.caption("Its answers appear here.")
            return
        st.fragment(page.fragment(_show), key=f"teach-question-{name}")(name, photos, model, outcome)


def _show(name: str, photos: Photos, model: Model, outcome: Outcome) -> None:
    source = st.segmented_control(
        "What it is asked about",
        SOURCES,
        required=True,
        default=SOURCES[0],
        key=session.QUESTION_SOURCE.key,  # not kept for other pages: coming back must not turn the camera on
        label_visibility="collapsed",
    )
    if source == "Camera":
        key = f"teach-live-{name}"
        camera.show(key, label="What the model sees", shoots=False, live=True)
        data, file = camera.frame(key), "camera.jpg"
    else:
        upload = st.file_uploader(
            "A photo to ask about",
            key=session.QUESTION.key,
            label_visibility="collapsed",
            max_upload_size=int(max(1, limits.BATCH_MB.read())),
            help=f"{formats.limits()} It stays in memory, unless you add it to a kind.",
        )
        data, file = (upload.getvalue(), upload.name) if upload else (None, "")
    with st.container(), page.errors():  # always there, so that nothing below moves
        if data:
            loaded = classifier.load(model)
            answer, vector = loaded.answer_with_vector(data)
            _answer(answer, loaded, data, is_live=source == "Camera")
            _nearest(name, photos, outcome, loaded, vector)
            if not access.is_read_only():
                _corrections(name, list(photos), data, file, answer)


def _answer(answer: Answer, loaded: Classifier, data: bytes, is_live: bool) -> None:
    kind = answer.doubt
    badge = badges.DOUBTS[kind]
    picture, text = st.columns([1, 2], vertical_alignment="center")
    if not is_live:
        with picture:
            st.image(photo_square(data, 160), output_format="JPEG", alt="The photo, as the model sees it")
    with text if not is_live else st.container():
        headline = "Probably none of these" if kind is Doubt.UNLIKE else answer.label
        st.subheader(markdown.plain(headline), anchor=False)
        closest = f"closest: {answer.label}"  # without its percentage, which only compares it with the other kinds
        label = closest if kind is Doubt.UNLIKE else f"{badge.text}: {words.percent(answer.probability)}"
        st.badge(markdown.plain(label), icon=badge.icon, color=badge.color)
    if kind is not Doubt.NONE:
        st.caption(kind.sentence)
    front = answer.probabilities[:FRONT]
    st.plotly_chart(
        figures.probabilities(front, page.theme()),
        key="teach-bars",
        config={"displayModeBar": False},
        alt="Bars of the best answers: " + ", ".join(f"{label} {words.percent(share)}" for label, share in front),
    )


def _nearest(name: str, photos: Photos, outcome: Outcome, loaded: Classifier, vector: Array) -> None:
    """Show the photos of the lesson that are most like this one."""
    measure = likeness.uncorrected(loaded.likeness)
    if not isinstance(measure, Neighbours):
        return
    rows = {row.name: row for of_kind in photos.values() for row in of_kind}
    similar = [rows[each] for each in nearest(vector, measure, outcome) if each in rows]
    if shown := pictures.of(name, similar):
        st.caption("Most similar to these photos of yours:")
        st.image(
            [picture for _, picture in shown],
            caption=[markdown.plain(row.kind) for row, _ in shown],
            width=THUMBNAIL,
            output_format="JPEG",
        )


def _corrections(name: str, listed: list[str], data: bytes, file: str, answer: Answer) -> None:
    """Let the person say what the photo shows: it is added to that kind, and the model learns it."""
    kinds = [kind for kind in listed if kind != NONE]
    likely = [label for label, _ in answer.probabilities if label in kinds]
    ordered = [*likely, *(kind for kind in kinds if kind not in likely)]
    st.caption("What is it really? Your answer adds the photo to that kind, and the model learns it.")
    with st.container(horizontal=True, gap="small"):
        for kind in ordered[:BUTTONS]:
            st.button(
                markdown.plain(kind),
                key=f"teach-answer-{name}-{kind}",
                type="primary" if kind == answer.label else "secondary",
                on_click=page.attempt,
                args=(_learn, name, kind, data, file),
            )
        st.button(
            "None of these",
            key=f"teach-answer-none-{name}",
            icon=":material/block:",
            on_click=page.attempt,
            args=(_learn, name, NONE, data, file),
        )
    if len(ordered) > BUTTONS:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            others = ordered[BUTTONS:]
            other = st.selectbox("Another kind", others, **session.lesson(name, "other-answer").choice(others))
            arguments = (_learn, name, other, data, file)
            st.button("Learn it", key=f"teach-answer-other-{name}", on_click=page.attempt, args=arguments)
    state = session.lesson_state(name)
    if state.is_changed:
        state.is_changed = False
        st.rerun()


def _learn(name: str, kind: str, data: bytes, file: str) -> None:
    state = session.lesson_state(name)
    state.intake.notices[:] = adding.add(name, kind, [(file or "photo.jpg", data)])
    state.is_changed = True
