"""The findings of a check, one kind after the other, each with its photos, its reason and a remedy."""

from collections.abc import Sequence

import streamlit as st

from core import words
from core.datasets import latest, review, rows, thumbnails
from core.datasets.folders import SPLIT_WORDS
from core.datasets.rows import Rows
from core.reviewing import findings
from core.reviewing.findings import EXPLANATIONS, TITLES, Finding, Findings, Kind
from pages.frame import access, markdown, page, pager, session
from pages.frame.state import WallState
from pages.photos import grid
from pages.photos.grid import Act, Action, Tile
from pages.reviewing import closer, decisions, keys

A_PAGE = 24  # photos of findings with one photo each
SECONDS = 0.6  # s that new thumbnails may take before what is ready is shown
MOST_SENTENCES = 30
VERBS = {"leave out": "Leave out as suggested", "class": "Move as suggested", "split": "Put into"}
COPIES = (Kind.COPY, Kind.COPY_ACROSS_CLASSES, Kind.COPY_ACROSS_SPLITS)
TO_DO = {  # about findings that no decision about photos can settle
    Kind.FEW: "Put more photos into the dataset's folder, or add them with *Photos by class* under *All datasets*.",
    Kind.MISSING: "Open *Photos*, select some of this class and put them into the split, or split anew in *Manage*.",
    Kind.IMBALANCE: "Turn on *Class weights* on Train, or add photos of the small class.",
    Kind.ONE_SESSION: "Add photos of this class from another day and another place.",
    Kind.SIMILAR_NAMES: "If they are one class, open *Photos*, show one of them, select all photos (Ctrl+A), and press "
    "the key of the other.",
    Kind.PASSED_OVER: "Training ignores these files. If you miss a photo, save it as JPEG or PNG and check again.",
}


def show(name: str) -> None:
    """Draw the queue of a dataset, and carry out what people decide."""
    st.fragment(page.fragment(_show), key=f"queue-{name}")(name)


def _show(name: str) -> None:
    result = findings.read(name)
    if result is None:
        more = "" if access.is_read_only() else " Press *Check the photos*."
        st.info(f"Not checked yet.{more}", icon=":material/fact_check:")
        return
    state = session.WALLS.get().setdefault(f"queue-{name}", WallState())
    row = rows.of(latest.load(name))
    _take_acts(name, state, result, row)
    row = rows.of(latest.load(name))
    if state.kind:
        session.queue(name, "kind").set(Kind(state.kind))
        state.kind = ""
    waiting = left(name, result)
    if not any(finding.doubtful for finding in waiting):
        st.success(
            "No problems found." if not result.findings else "Everything is decided.", icon=":material/check_circle:"
        )
    if waiting:
        _findings(name, state, row, waiting)
    _effects(result)
    decisions.show(name)
    closer.show(state, row, result.problems())


def left(name: str, result: Findings) -> list[Finding]:
    """The findings to decide about, then those that no decision settles. Of two copies, any may be left out."""
    standing = review.of(name)
    left_out = {photo for photo, change in standing.changes().items() if change.left_out}
    return sorted(
        (
            finding
            for finding in result.unsettled(standing.settled())
            if finding.kind not in COPIES or len(set(finding.photos) - left_out) > 1
        ),
        key=lambda finding: not finding.doubtful,
    )


def _findings(name: str, state: WallState, row: Rows, waiting: Sequence[Finding]) -> None:
    choice, below = st.container(horizontal=True, vertical_alignment="bottom"), st.container()
    with choice:
        kind = _kind(name, waiting)
    of_kind = [finding for finding in waiting if finding.kind is kind]
    on_page, number, last = _shown(name, of_kind)
    with choice:
        _pages(name, kind, number, last)
        st.caption(
            f"{len(of_kind):,} left" if last == 1 else f"Page {number:,} of {last:,}; {len(of_kind):,} left",
            width="content",
        )
    with below:
        st.caption(f"{EXPLANATIONS[kind]} {TO_DO.get(kind, '')}")
        if any(finding.photos for finding in on_page):
            _photos(name, state, row, on_page, number, last)
        else:
            for finding in of_kind[:MOST_SENTENCES]:
                st.markdown(f":material/warning: {markdown.plain(finding.sentence)}")


def _effects(result: Findings) -> None:
    if result.effects:
        with st.expander("What the findings mean for the score", icon=":material/monitoring:"):
            for effect in result.effects:
                st.markdown(markdown.plain(effect.sentence))


def _kind(name: str, waiting: Sequence[Finding]) -> Kind:
    """Let people choose a kind. Its name has no count: the browser sends the name, and would send an old count."""
    kinds = list(dict.fromkeys(finding.kind for finding in waiting))
    choice: Kind = st.selectbox(
        "Findings",
        kinds,
        label_visibility="collapsed",
        format_func=lambda kind: TITLES[kind],
        **session.queue(name, "kind").choice(kinds),
        width=360,
    )
    return choice


def _shown(name: str, of_kind: Sequence[Finding]) -> tuple[list[Finding], int, int]:
    """The findings on the current page, its number and the number of pages. Findings of many photos have one each."""
    size = A_PAGE if all(len(finding.photos) == 1 for finding in of_kind) else 1
    last = max(1, -(-len(of_kind) // size))
    number = min(session.QUEUE_PAGES.get().get((name, of_kind[0].kind.value), 1), last)
    return list(of_kind[(number - 1) * size : number * size]), number, last


def _photos(name: str, state: WallState, row: Rows, on_page: Sequence[Finding], number: int, last: int) -> None:
    if len(on_page) == 1 and len(on_page[0].photos) > 1:
        st.markdown(markdown.plain(on_page[0].reason))
    photos = [(finding, photo) for finding in on_page for photo in finding.photos if photo in row.places]
    paths = [row.paths[row.places[photo]] for _, photo in photos]
    pictures = thumbnails.load(row.folder, paths, SECONDS)
    tiles = [_tile(row, finding, photo, picture) for (finding, photo), picture in zip(photos, pictures, strict=True)]
    actions = [*_own_actions(on_page), *keys.actions(row, True, number > 1, number < last, None)]
    grid.show(_grid_key(name), tiles, actions, f"{TITLES[on_page[0].kind]}, page {number} of {last}")


def _tile(row: Rows, finding: Finding, photo: str, thumbnail: thumbnails.Thumbnail | None) -> Tile:
    place = row.places[photo]
    label, split = row.label(place), row.split(place)
    badges: list[tuple[str, grid.Colour]] = [(label, "blue"), (SPLIT_WORDS.get(split, split), "gray")]
    if finding.remedy == "class" and finding.to:
        badges.append((f"→ {finding.to}", "orange"))
    elif len(finding.photos) > 1 and photo in finding.doubtful:
        badges.append(("to decide", "orange"))
    single = len(finding.photos) == 1
    return Tile(
        name=photo,
        picture=thumbnail.picture if thumbnail else None,
        caption=words.printable(finding.reason if single else photo.rpartition("/")[2]),
        badges=tuple(badges),
        alt=f"{photo.rpartition('/')[2]}, {words.with_article(label)}",
        title=f"{photo}\n{finding.reason}",
        is_sentence=single,
        is_waiting=thumbnail is None,
    )


def _own_actions(on_page: Sequence[Finding]) -> list[Action]:
    """What we would do, and keeping everything, as actions. They name what they are about: a second click is often too
    fast to have seen the next finding."""
    if access.is_read_only():
        return []
    first, remedies = on_page[0], {finding.remedy for finding in on_page}
    many = len(first.photos) > 1
    about = f" {first.kind.value} {first.photos[0] if many else ''}"
    actions = []
    if len(remedies) == 1 and (remedy := remedies.pop()):
        where = f" {SPLIT_WORDS.get(first.to, first.to)}" if remedy == "split" else ""
        text = f"{VERBS[remedy]}{where}" + (f": all {len(first.doubtful)}" if many and first.about > 1 else "")
        actions.append(Action(keys.SUGGESTED + about, text, "s", scope="page" if many else "photos"))
    if many and first.doubtful:
        actions.append(Action(keys.KEEP_ALL + about, "Keep all", "a", scope="page"))
    return actions


def _pages(name: str, kind: Kind, number: int, last: int) -> None:
    if last > 1:
        pages = session.QUEUE_PAGES.get()
        pager.buttons("queue", number, last, lambda target: pages.update({(name, kind.value): target}), name)


def _grid_key(name: str) -> str:
    return f"queue-grid-{name}"


def _take_acts(name: str, state: WallState, result: Findings, row: Rows) -> None:
    """Carry out what people did."""
    waiting = left(name, result)
    kind = session.queue(name, "kind").get(waiting[0].kind if waiting else Kind.LABEL)
    of_kind = [finding for finding in waiting if finding.kind is kind]
    _, number, last = _shown(name, of_kind) if of_kind else ([], 1, 1)
    pages = session.QUEUE_PAGES.get()
    pages[name, kind.value] = number

    def carry_out(act: Act) -> None:
        if act.action in (keys.NEXT, keys.PREVIOUS):
            target = pages[name, kind.value] + (1 if act.action == keys.NEXT else -1)
            pages[name, kind.value] = min(max(1, target), last)
        else:
            _carry_out(name, state, act, row, result)

    grid.carry_out(_grid_key(name), state, carry_out)


def _carry_out(name: str, state: WallState, act: Act, row: Rows, result: Findings) -> None:
    if act.action == keys.UNDO:
        undone = review.undo(name)
        state.kind = next((decision.reason for decision in undone if decision.reason in {*Kind}), "")
    elif act.action == keys.OPEN:
        state.photo = act.photos[0] if act.photos else ""
    elif act.action.startswith(keys.KEEP_ALL):
        _record(name, [(finding, "keep", "") for finding in _about(name, act, keys.KEEP_ALL, result)])
    elif act.action.startswith(keys.SUGGESTED):
        about = _about(name, act, keys.SUGGESTED, result)
        _record(name, [(finding, finding.remedy, finding.to) for finding in about if finding.remedy])
    elif decision := keys.decision(act.action, row):
        names = [photo for photo in act.photos if photo in row.places]
        if names:
            findings.decide(name, names, *decision)


def _record(name: str, decisions: Sequence[tuple[Finding, review.Action, str]]) -> None:
    """Decide about all doubtful photos of findings, to be undone at once."""
    wishes = [
        review.Wish(photo, action, to, finding.kind.value)
        for finding, action, to in decisions
        for photo in finding.doubtful
    ]
    if wishes:
        review.record(name, wishes)


def _about(name: str, act: Act, action: str, result: Findings) -> list[Finding]:
    """The findings that an action of ours is about, without those that have been decided meanwhile."""
    kind, _, first = act.action.removeprefix(f"{action} ").partition(" ")
    photos = {first} if first else set(act.photos)
    return [finding for finding in left(name, result) if finding.kind == kind and photos & set(finding.photos[:1])]
