"""What people do to datasets: acts of the photo grid, decisions, titles, classes, new photos, splits and exports."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args

from benchmarks.fuzz import home, pictures, stored, values
from benchmarks.fuzz.home import WARDROBE
from benchmarks.fuzz.trial import Kind, check_sentence
from core import workspace
from core.datasets import catalogue, exporting, growing, labels, latest, managing, review, splitting, titles
from core.errors import AppError
from core.reviewing import findings
from core.runs import look_count
from pages.frame import session
from pages.photos import grid
from pages.reviewing import keys, wall
from tests.conftest import drawing, encoded

PHOTOS = ("train/disc/0.png", "test/bars/0.png", "validation/frame/0.png", "train", "", "../../dataset.json", "x/y.png")
ACTIONS = (
    keys.UNDO, keys.NEXT, keys.PREVIOUS, keys.OPEN, keys.KEEP, keys.LEAVE_OUT, "class disc", "class frame", "class ",
    "class x", "split test", "split train", "split", "split everything",
)  # fmt: skip
TITLES = (
    "My Shop", "tiny", "TINY", "Wardrobe", "wardrobe", "Drawn garments (built in)", "drawn-garments", "con", "a/b",
    "clothing", "x" * 80, "x" * 81, "é" * 80, " My Shop ", "My\u00a0Shop", "ＭＹ　ＳＨＯＰ", "-", "___", "🧥" * 40,
)  # fmt: skip
CLASSES = ("disc", "DISC", "train", "test", ".hidden", "__MACOSX", "Thumbs.db", "a/b", "a\\b", "con", "x" * 100)
ENDINGS = ("", ".jpg", ".PNG", ".png", ".heic", ".txt", ".zip", ".jpg.exe", ".", " ")
NewPhotos = tuple[str, str, list[tuple[str, bytes]]]
"""A class, a session, and photos as an uploader gives them."""


# Acts of the photo grid


def _act(random: Random) -> dict[str, Any]:
    action = random.choice(ACTIONS) if random.random() < 0.9 else values.text(random)
    names = [
        random.choice(PHOTOS) if random.random() < 0.9 else values.text(random)
        for _ in range(random.choice((0, 1, 1, 2, 5)))
    ]
    return {"instance": random.choice(("a1", "b2")), "number": random.choice((1, 2, 3, 9)), "action": action,
            "photos": names}  # fmt: skip


def draw_acts(random: Random) -> Any:
    """The state of the grid's component, as a browser may send it."""
    state: Any = {"acts": [_act(random) for _ in range(random.choice((0, 1, 1, 2, 4)))]}
    if random.random() < 0.6:
        state = values.edited(random, state)
    return values.plain(state)


def _use_acts(state: Any) -> None:
    """Carry out the acts on the wall of a dataset."""
    shown = wall.Wall(
        name="tiny",
        load=lambda: latest.load("tiny"),
        decide=lambda photos, action, to: review.decide("tiny", photos, _action(action), to),
        undo=lambda: review.undo("tiny"),
    )
    seen = session.WallState()
    try:
        for sent in grid._received(state):
            try:
                wall._carry_out(shown, seen, wall._row(shown), 1, sent.act)
            except AppError as error:
                check_sentence(str(error))
        _look("tiny")
    finally:
        _restore()


def _action(text: str) -> review.Action:
    assert text in get_args(review.Action), text
    return text  # type: ignore[return-value]


# Decisions


def _draw_decision(random: Random) -> tuple[list[str], str, str, str]:
    names = [
        random.choice(PHOTOS) if random.random() < 0.6 else values.text(random) for _ in range(random.choice((1, 3)))
    ]
    action = random.choice(get_args(review.Action))
    to = random.choice((*CLASSES, *splitting.SPLITS)) if random.random() < 0.5 else values.text(random)
    return names, action, to, random.choice((*findings.Kind, "", values.text(random)))


def _use_decision(item: tuple[list[str], Literal["keep", "leave out", "class", "split"], str, str]) -> None:
    names, action, to, reason = item
    try:
        catalogue.check_photos("tiny", names)
    except AppError as error:
        check_sentence(str(error))
    try:
        step = review.decide("tiny", names, action, to, reason)
        try:
            _look("tiny")
        except AppError as error:  # nothing is left to learn from
            check_sentence(str(error))
        assert {decision.photo for decision in review.undo("tiny", step)} == set(names)
        assert review.of("tiny").changes() == review.read(stored.sound() / "datasets" / "tiny").changes()
        _look("tiny")
    finally:
        _restore()


# Titles

NAMING: dict[str, Callable[[str], object]] = {
    "create": growing.create,
    "rename": lambda title: managing.rename("tiny", title),
    "copy": lambda title: managing.copy(WARDROBE, title),
    "find": catalogue.find,
    "look": look_count.sentence,
    "of": catalogue.title,
}


def _draw_title(random: Random) -> tuple[str, str]:
    title = random.choice(TITLES) if random.random() < 0.4 else values.text(random)
    return random.choice(list(NAMING)), title


def _use_title(item: tuple[str, str]) -> None:
    how, title = item
    assert catalogue.is_name(titles.free_name(title)), titles.free_name(title)
    assert titles.check(titles.title_for(title))
    before = {name: catalogue.title(name) for name in catalogue.names()}
    try:
        NAMING[how](title)
        after = {name: catalogue.title(name) for name in catalogue.names()}
        if how in ("create", "rename", "copy"):
            assert title.strip() in after.values()
            assert catalogue.find(title) in after
            assert len({catalogue.folded(each) for each in after.values()}) == len(after)
        else:
            assert after == before
        for name in after:
            _look(name)
    finally:
        _restore()


# New photos


def draw_new_photos(random: Random) -> NewPhotos:
    """Photos for a class, most of them odd in some way."""
    label = random.choice(CLASSES) if random.random() < 0.6 else values.text(random)
    taken_together = random.choice(("", "", "camera", "2026-01-01 12:00", values.text(random)))
    photos = []
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        name = random.choice(pictures.NAMES) if random.random() < 0.5 else values.text(random) + random.choice(ENDINGS)
        sound = encoded(drawing("disc", random.randrange(5), 16), "PNG")
        photos.append((name, sound if random.random() < 0.5 else pictures.draw_photo(random)))
    return label, taken_together, photos


def _use_new_photos(item: NewPhotos) -> None:
    label, taken_together, photos = item
    folder = catalogue.own_folder(WARDROBE) / catalogue.PHOTOS
    try:
        before = sum(growing.counts(WARDROBE).values())
        growth = growing.add_photos(WARDROBE, label, photos, taken_together)
        for sentence in growth.refused:
            check_sentence(sentence, pieces=2)
        assert len(growth.names) + len(growth.refused) + growth.copies == len(photos), growth
        assert sum(growing.counts(WARDROBE).values()) == before + len(growth.names), growth
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert set(growth.names) <= files
        assert len(files) == before + len(growth.names), sorted(files)
        assert all(path.is_file() or any(path.iterdir()) for path in folder.rglob("*")), "an empty folder is left"
        placed = splitting.read(catalogue.own_folder(WARDROBE))
        assert placed
        assert files <= placed.splits.keys()
        _look(WARDROBE)
    finally:
        _restore()


# Classes, shares, exports


def _use_class(text: str) -> None:
    name = labels.folder_name(text)
    assert Path(name).name == name
    typed = labels.typed(text, ("disc", "Röcke"))
    assert labels.typed(typed, ("disc", "Röcke")) == typed


def _draw_shares(random: Random) -> tuple[Any, Any]:
    shares: Any = [random.choice((0, 5, 10, 30, 80, 100)) for _ in range(3)]
    roll = random.random()
    if roll < 0.3:
        return "/".join(str(values.plain(values.number(random))) for _ in range(random.choice((1, 2, 3, 3, 3, 4)))), 0
    if roll < 0.5:
        return values.text(random), 0
    if roll < 0.7:
        shares[random.randrange(3)] = values.number(random)
    return shares, random.choice((0, 1, 7, 2**31))


def _use_shares(item: tuple[Any, int]) -> None:
    shares, seed = item
    if isinstance(shares, str):
        shares = splitting.shares_from(shares)
    try:
        made = managing.split_anew(WARDROBE, shares, seed)
        assert abs(sum(made.shares) - 1) < 1e-6
        _look(WARDROBE)
    finally:
        _restore()


def _use_export(item: tuple[str, str]) -> None:
    name, target = item
    place = workspace.home() / "exports"
    if not _is_inside(place, target):  # people may write where they like
        return
    try:
        assert exporting.export(name, place / target).exists()
    finally:
        shutil.rmtree(place, ignore_errors=True)
        _restore()


def _is_inside(place: Path, target: str) -> bool:
    """Whether a target lies in a folder, or can't be a path at all."""
    try:
        return place in (place / target).resolve().parents
    except (OSError, ValueError, RuntimeError):
        return True


def _draw_export(random: Random) -> tuple[str, str]:
    name = random.choice(("tiny", WARDROBE, "other"))
    return name, values.text(random) + random.choice(("", ".zip", ".ZIP", "/a/b.zip"))


def _look(name: str) -> None:
    """What pages say about a dataset."""
    try:
        dataset = latest.load(name)
        assert dataset.classes
        managing.can_restore_split(name)
        shown = findings.read(name)
        if shown:
            for finding in shown.unsettled(review.of(name).settled()):
                check_sentence(finding.sentence)
    except AppError as error:
        check_sentence(str(error))


def _restore() -> None:
    home.copy(stored.sound(), workspace.home())


KINDS = (
    Kind("acts of the photo grid", 4, draw_acts, _use_acts, stored.sound),
    Kind("decision about photos", 3, _draw_decision, _use_decision, stored.sound),
    Kind("title of a dataset", 3, _draw_title, _use_title, stored.sound),
    Kind("new photos", 3, draw_new_photos, _use_new_photos, stored.sound),
    Kind("class of new photos", 3, lambda random: random.choice((*CLASSES, *values.TEXTS)), _use_class),
    Kind("shares of a split", 2, _draw_shares, _use_shares, stored.sound),
    Kind("export of a dataset", 1, _draw_export, _use_export, stored.sound),
)
