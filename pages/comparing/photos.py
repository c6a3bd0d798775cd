"""The photos behind the numbers: those of a cell of the confusion matrix, the mistakes, and where two runs differ."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import words
from core.comparing import judging, mistakes, pairs
from core.comparing.mistakes import Judged
from core.datasets import latest, thumbnails
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLIT_WORDS
from core.drawing import matrix_figure
from core.errors import DatasetError, RunError
from core.runs import folder, groups, predictions, readings
from core.runs.folder import Run
from core.words import quoted
from pages.comparing import closer
from pages.frame import access, markdown, page, pager, session
from pages.frame.state import ShownPhotos, WallState
from pages.photos import grid
from pages.photos.grid import Act, Action, Tile

A_PAGE = 40  # photos
SECONDS = 0.3  # that new thumbnails may take before what is ready is shown
GRID = "compare-photos"
OPEN, NEXT, PREVIOUS = "open", "next", "previous"
ALONE = ""  # instead of a second run


def chosen(runs: Sequence[Run]) -> tuple[str, str]:
    """The ids of the chosen runs; empty for the best one, and for no second one."""
    scored = [run.id for run in _scored(runs)]
    first, second = session.compare("first").get(""), session.compare("second").get(ALONE)
    return (first if first in scored[1:] else "", second if second in scored else ALONE)


def _scored(runs: Sequence[Run]) -> list[Run]:
    """The runs that have answers to look at, the best first."""
    return [run for run in pairs.best_first(runs) if folder.scores(run.folder)]


def show(runs: Sequence[Run]) -> None:
    """Draw the choice of one or two runs, the matrix and the photos."""
    scored = _scored(runs)
    if not scored:
        st.info("None of these runs has ended with scores yet, so there are no answers to look at.")
        return
    names = groups.labels(scored)
    shown = session.COMPARE_PHOTOS.get()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = st.selectbox(
            "Run",
            list(names),
            format_func=names.__getitem__,
            **session.compare("first").choice(names, scored[0].id),
            on_change=shown.start_again,
        )
        others = [ALONE, *(run_id for run_id in names if run_id != first)]
        second = st.selectbox(
            "Compared with",
            others,
            format_func=lambda run_id: names.get(run_id, "no other run"),
            **session.compare("second").choice(others, ALONE),
            on_change=shown.start_again,
        )
    pair = [run for run_id in (first, second) for run in scored if run.id == run_id]
    if missing := [run for run in pair if not predictions.exist(run.folder)]:
        for run in missing:
            _judge(run)
        return
    st.fragment(page.fragment(_photos), key="compare-photos-part")(pair)


def _judge(run: Run) -> None:
    """Offer to compute the answers of a run of an earlier version, and show how far that is."""
    st.fragment(page.fragment(_judging), run_every=1.0, key=f"judging-{run.id}")(run)


def _judging(run: Run) -> None:
    if predictions.exist(run.folder):
        st.rerun()
    status = judging.status(run.id)
    name = markdown.plain(quoted(run.name))
    if status and status.running:
        st.progress(min(1.0, status.share), text=f"Computing the answers of {name}: {markdown.plain(status.words)}")
        return
    if status and status.error:
        st.warning(markdown.plain(status.error), icon=":material/warning:")
    if judging.can_judge(run):
        st.info(f"The answers of {name} to each photo are not stored: an earlier version trained it.")
        st.button(
            f"Compute the answers of {name}",
            icon=":material/calculate:",
            key=f"judge-{run.id}",
            on_click=page.attempt,
            args=(judging.start, run.id),
            disabled=access.is_read_only(),
        )
    else:
        st.info(f"The answers of {name} to each photo are not stored, and its saved model no longer exists.")


def _photos(runs: Sequence[Run]) -> None:
    state = session.WALLS.get().setdefault(GRID, WallState())
    shown = session.COMPARE_PHOTOS.get()
    grid.carry_out(GRID, state, lambda act: _carry_out(act, shown))
    report = readings.report(runs[0].folder)
    if report is None:
        raise RunError(f"The run {quoted(runs[0].name)} no longer exists.")
    splits = [split for split in ("test", "validation") if split in report.scores.by_split]
    split = st.segmented_control(
        "Photos",
        splits,
        required=True,
        format_func=lambda each: f"{SPLIT_WORDS[each].capitalize()} photos",
        **session.compare(f"split-{'-'.join(splits)}").buttons(splits[0]),
        on_change=shown.start_again,
        label_visibility="collapsed",
    )
    if shown.cell and not {*shown.cell} <= {*report.labels}:  # of runs with other classes
        shown.start_again()
    judged = mistakes.judged(runs, split if split in splits else splits[0])
    matrix, photos = st.columns(2, gap="large")
    with matrix:
        _matrix(judged, report.labels, runs[0], shown)
    with photos:
        chosen = _choose(judged, runs, shown)
        _page(chosen, runs, state, shown)
    closer.show(runs, {photo.key: photo for photo in judged}, dataset_of(runs[0]))


def _matrix(judged: Sequence[Judged], labels: tuple[str, ...], run: Run, shown: ShownPhotos) -> None:
    figure = matrix_figure.clickable(mistakes.counts(judged, labels), labels, page.theme())
    key = f"compare-matrix-{run.id}-{shown.matrix}"

    def select() -> None:
        value: Any = session.widget_value(key)
        points = value.selection.points if value else []
        if points:
            row, column, _ = points[0]["customdata"]
            shown.open_cell(labels[row], labels[column])

    st.plotly_chart(
        figure,
        key=key,
        on_select=select,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Confusion matrix of {run.name}: click a cell to see its photos",
    )
    st.caption("Rows are the true classes, columns the answers. Click a number to see its photos.")


def _choose(judged: Sequence[Judged], runs: Sequence[Run], shown: ShownPhotos) -> list[Judged]:
    """Let the user choose which photos are shown; a clicked cell counts more."""
    first = markdown.plain(runs[0].name)
    options = {mistakes.SUREST: "Surest mistakes", mistakes.UNSURE: "Least sure", mistakes.RIGHT: "Right"}
    if len(runs) > 1:
        second = markdown.plain(runs[1].name)
        options |= {
            mistakes.APART: "Only one was right",
            mistakes.ONLY_FIRST: f"Only {first} was right",
            mistakes.ONLY_SECOND: f"Only {second} was right",
            mistakes.BOTH_WRONG: "Both wrong",
        }
    control = session.compare(f"choice-{len(runs)}")
    choice = st.pills(
        "Which photos",
        list(options),
        required=True,
        format_func=lambda each: f"{options[each]} ({mistakes.count(judged, each):,})",
        **control.buttons(mistakes.SUREST if len(runs) == 1 else mistakes.APART),
        wrap=True,
        on_change=shown.start_again,
        label_visibility="collapsed",
    )
    if cell := shown.cell:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{markdown.plain(cell[0])}**, answered **{markdown.plain(cell[1])}**", width="content")
            st.button("Close the cell", icon=":material/close:", key="compare-cell-close", on_click=shown.start_again)
    return mistakes.chosen(judged, choice, shown.cell)


def _carry_out(act: Act, shown: ShownPhotos) -> None:
    if act.action == OPEN and act.photos:
        shown.photo = act.photos[0]
    elif act.action in (NEXT, PREVIOUS):
        shown.turn_to(max(1, shown.page + (1 if act.action == NEXT else -1)))


def _page(chosen: Sequence[Judged], runs: Sequence[Run], state: WallState, shown: ShownPhotos) -> None:
    if not chosen:
        st.info("There are no such photos.")
        return
    last = -(-len(chosen) // A_PAGE)
    number = min(shown.page, last)
    on_page = chosen[(number - 1) * A_PAGE : number * A_PAGE]
    if last > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            pager.buttons(GRID, number, last, shown.turn_to)
            st.caption(f"Page {number} of {last}: {words.count(len(chosen), 'photo')}", width="content")
    tiles = _tiles(on_page, runs, state)
    actions = [Action(OPEN, "Open", "o", scope="photo")]
    if number > 1:
        actions.append(Action(PREVIOUS, "Previous page", "PageUp", scope="page", has_chip=False))
    if number < last:
        actions.append(Action(NEXT, "Next page", "PageDown", scope="page", has_chip=False))
    grid.show(GRID, tiles, actions, f"Photos, page {number} of {last}")


def _tiles(photos: Sequence[Judged], runs: Sequence[Run], state: WallState) -> list[Tile]:
    dataset = dataset_of(runs[0])
    if dataset is None:
        return [_tile(photo, None, is_waiting=False) for photo in photos]
    paths = [dataset.folder / photo.name for photo in photos]
    missing = [path for path in paths if path not in state.pictures]
    found = dict(zip(missing, thumbnails.load(dataset.folder, missing, SECONDS), strict=True))
    pictures = {path: state.pictures.get(path) or found.get(path) for path in paths}
    state.pictures = {path: picture for path, picture in pictures.items() if picture}
    return [_tile(photo, pictures[path], pictures[path] is None) for photo, path in zip(photos, paths, strict=True)]


def _tile(photo: Judged, thumbnail: thumbnails.Thumbnail | None, is_waiting: bool) -> Tile:
    answers = tuple(
        (f"{answer.label} {words.percent(answer.probability)}", _colour(right))
        for answer, right in zip(photo.answers, photo.is_right, strict=True)
    )
    return Tile(
        name=photo.key,
        picture=thumbnail.picture if thumbnail else None,
        caption=photo.label,
        badges=answers,
        alt=f"{words.with_article(photo.label)}, answered {', '.join(answer.label for answer in photo.answers)}",
        title=photo.name,
        is_waiting=is_waiting,
    )


def _colour(right: bool) -> grid.Colour:
    return "green" if right else "red"


def dataset_of(run: Run) -> Dataset | None:
    """The run's dataset, up to 10 s old; None if it can't be used any more."""
    try:
        return latest.load(run.config.dataset)
    except DatasetError:
        return None
