"""The wall of photos: filters, pages, decisions, and acts that arrive more than once or not at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import browsing, rows
from core.datasets.arranging import listing
from core.datasets.browsing import ANY_PROBLEM, Choice
from core.datasets.catalogue import Dataset
from core.datasets.folders import Split, contents
from core.datasets.rows import NO_CLASS
from core.errors import DatasetError
from pages.photos import grid
from pages.reviewing import keys
from pages.reviewing import wall as walls
from tests.conftest import encoded
from tests.pages.conftest import session_value

GRID = "wall-grid-tiny"
PHOTOS = 36
WALL: dict[str, walls.Wall] = {}  # the wall that the script below shows


def script() -> None:
    from pages.reviewing import wall
    from tests.pages import test_wall

    wall.show(test_wall.WALL["wall"])


class Decisions:
    """A review that only notes what was decided."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    def decide(self, names: Sequence[str], action: str, to: str) -> int:
        if to == "frame":
            raise DatasetError("The review is closed.")
        self.made.append((list(names), action, to))
        return len(names)

    def undo(self) -> int:
        self.made.append("undo")
        return 1


@pytest.fixture
def dataset(tiny_dataset: Path) -> Dataset:
    listed = listing(contents(tiny_dataset))
    return Dataset("tiny", tiny_dataset, listed.classes, listed.splits)


@pytest.fixture
def decisions() -> Decisions:
    return Decisions()


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, dataset: Dataset, decisions: Decisions) -> Callable[..., AppTest]:
    """Shows a wall with pages of ten photos, and returns the app."""
    monkeypatch.setattr(walls, "A_PAGE", 10)
    monkeypatch.setattr(walls, "SECONDS", None)
    walls._rows.clear()

    def shown(problems: Mapping[str, str] | None = None, **settings: Any) -> AppTest:
        loaded = settings.pop("dataset", dataset)
        WALL["wall"] = walls.Wall(
            "tiny", lambda: loaded, decisions.decide, decisions.undo, lambda: problems or {}, **settings
        )
        app = AppTest.from_function(script, default_timeout=30).run()
        assert not app.exception
        return app

    return shown


def data(app: AppTest) -> dict[str, Any]:
    """What the grid was drawn with."""
    (component,) = app.get("bidi_component")
    return dict(json.loads(component.proto.json or component.proto.mixed.json))


def names(app: AppTest) -> list[str]:
    return [tile["name"] for tile in data(app)["tiles"]]


def send(app: AppTest, *acts: tuple[int, str, list[str]], instance: str = "i") -> AppTest:
    """Let acts arrive from the browser, each with its number."""
    sent = [
        {"instance": instance, "number": number, "action": action, "photos": photos} for number, action, photos in acts
    ]
    app.session_state[GRID] = {"acts": sent}
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, label: str, value: Any) -> AppTest:
    next(box for box in app.selectbox if box.label == label).set_value(value).run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.info))


# Filters and pages


def test_the_first_page(show: Callable[..., AppTest]) -> None:
    app = show()
    assert "36 photos match" in text(app)
    assert names(app) == [f"train/bars/{number:02d}.png" for number in range(6)] + [
        f"train/disc/{number:02d}.png" for number in range(4)
    ]
    tile = data(app)["tiles"][0]
    assert tile["picture"].startswith("/9j/")  # a JPEG
    assert tile["badges"] == [["bars", "blue"], ["training", "gray"]]
    assert tile["alt"] == "00.png, bars"
    assert not tile["waiting"]


def test_filters(show: Callable[..., AppTest]) -> None:
    problems = {"test/disc/09.png": "dark", "train/disc/01.png": "blurred", "not/there.png": "dark"}
    app = show(problems)
    choose(app, "Class", 1)
    assert "12 photos match" in text(app)
    choose(app, "Split", "test")
    assert "3 photos match" in text(app)
    choose(app, "Problem", "dark")
    assert "1 photo matches" in text(app)
    assert names(app) == ["test/disc/09.png"]
    assert ["dark", "orange"] in data(app)["tiles"][0]["badges"]
    choose(app, "Split", "train")
    assert "No photos match" in text(app)
    assert not app.get("bidi_component")
    choose(app, "Problem", ANY_PROBLEM)
    assert names(app) == ["train/disc/01.png"]
    choose(app, "Problem", "")
    app.text_input[0].set_value(" /05.PNG").run()
    assert names(app) == ["train/disc/05.png"]


def test_pages(show: Callable[..., AppTest]) -> None:
    app = show()
    previous, following = app.button
    assert previous.disabled
    following.click().run()
    assert names(app)[0] == "train/disc/04.png"
    app.number_input[0].set_value(4).run()
    assert len(names(app)) == 6
    assert app.button[1].disabled
    assert data(app)["label"] == "Photos, page 4 of 4"
    choose(app, "Class", 0)  # fewer pages: the last of them
    assert data(app)["label"] == "Photos, page 2 of 2"
    app.button[0].click().run()
    choose(app, "Split", "test")
    assert not app.number_input  # a single page needs no buttons
    assert len(names(app)) == 3


def test_keys_turn_pages(show: Callable[..., AppTest]) -> None:
    app = show()
    assert [act["key"] for act in data(app)["actions"] if not act["chip"]] == ["next"]
    send(app, (1, "next", []), (2, "next", []))
    assert data(app)["label"] == "Photos, page 3 of 4"
    assert app.number_input[0].value == 3
    send(app, (3, "next", []), (4, "next", []), (5, "next", []))
    assert data(app)["label"] == "Photos, page 4 of 4"
    send(app, (6, "previous", []))
    assert data(app)["label"] == "Photos, page 3 of 4"


def test_slow_thumbnails_come_later(show: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "SECONDS", -1)  # one each time
    app = show()
    for ready in range(1, 11):
        waiting = [tile["waiting"] for tile in data(app)["tiles"]]
        assert waiting == [False] * ready + [True] * (10 - ready)
        app.run()


def test_a_photo_that_cannot_be_read(show: Callable[..., AppTest], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    (tmp_path / "b.jpg").write_bytes(encoded(np.zeros((9, 9, 3), np.uint8), "JPEG"))
    split = Split((tmp_path / "a.jpg", tmp_path / "b.jpg"), (NO_CLASS, 0))
    app = show(dataset=Dataset("loose", tmp_path, ("hat", "shoes"), {"train": split}), has_splits=False)
    broken, whole = data(app)["tiles"]
    assert (broken["picture"], broken["waiting"], broken["badges"]) == ("", False, [])
    assert "not a photo" in broken["title"]
    assert whole["picture"]
    assert [act["key"] for act in data(app)["actions"]] == ["undo", "open", "class hat", "class shoes"]
    choose(app, "Class", NO_CLASS)
    assert names(app) == ["a.jpg"]


# Acts


def test_decisions(show: Callable[..., AppTest], decisions: Decisions) -> None:
    app = show()
    photos = names(app)[:2]
    send(
        app,
        (1, "class disc", photos),
        (2, "split test", photos[:1]),
        (3, "leave out", photos),
        (4, "keep", photos),
        (5, "undo", []),
    )
    assert decisions.made == [
        (photos, "class", "disc"),
        (photos[:1], "split", "test"),
        (photos, "leave out", ""),
        (photos, "keep", ""),
        "undo",
    ]


def test_each_act_counts_once(show: Callable[..., AppTest], decisions: Decisions) -> None:
    app = show()
    photo = names(app)[:1]
    send(app, (1, "keep", photo))
    send(app, (1, "keep", photo), (2, "leave out", photo))  # the browser has not heard yet that the first was taken
    send(app, (2, "leave out", photo))
    assert decisions.made == [(photo, "keep", ""), (photo, "leave out", "")]
    assert data(app)["done"] == {"i": 2}
    send(app, (1, "class bars", photo), instance="another tab")
    assert decisions.made[2:] == [(photo, "class", "bars")]
    assert data(app)["done"] == {"i": 2, "another tab": 1}


def test_a_failed_act_is_said_and_the_next_goes_on(show: Callable[..., AppTest], decisions: Decisions) -> None:
    app = show()
    photo = names(app)[:1]
    send(app, (1, "class frame", photo), (2, "keep", photo))
    assert [toast.value for toast in app.toast] == ["The review is closed."]
    assert decisions.made == [(photo, "keep", "")]
    app.run()
    assert not app.toast


@pytest.mark.parametrize(
    "state",
    [
        None, 3, {"acts": 3}, {"acts": [3, None, {}]},
        {"acts": [{"instance": "i", "number": "1", "action": "keep", "photos": []}]},
        {"acts": [{"instance": "i", "number": 1, "action": "keep", "photos": [3]}]},
        {"acts": [{"instance": "i", "number": 1, "action": "class unknown", "photos": ["train/bars/00.png"]}]},
        {"acts": [{"instance": "i", "number": 1, "action": "split nowhere", "photos": ["train/bars/00.png"]}]},
        {"acts": [{"instance": "i", "number": 1, "action": "keep", "photos": ["../secret.png"]}]},
        {"acts": [{"instance": "i", "number": 1, "action": "open", "photos": []}]},
    ],
)  # fmt: skip
def test_nonsense_from_the_browser(
    show: Callable[..., AppTest], decisions: Decisions, monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    app = show()
    monkeypatch.setattr("pages.frame.session.widget_value", lambda key: state)
    app.run()
    assert not app.exception
    assert len(names(app)) == 10
    assert decisions.made == []


def test_a_closer_look(show: Callable[..., AppTest]) -> None:
    app = show({"train/disc/00.png": "dark"})
    send(app, (1, "open", ["train/disc/00.png"]))
    assert "**train/disc/00.png**" in text(app)
    assert "Class: disc · Split: training · Problem: dark" in text(app)
    assert "40 × 40" in "\n".join(each.value for each in app.caption)


def test_the_number_of_remembered_grids_is_limited(show: Callable[..., AppTest]) -> None:
    app = show()
    for number in range(grid.MOST_GRIDS + 5):
        send(app, (1, "undo", []), instance=f"tab {number}")
    assert len(session_value(app, "grid-acts")) == grid.MOST_GRIDS


# The actions


def row_of(classes: Sequence[str]) -> rows.Rows:
    folder = Path("/photos")
    return rows.of(Dataset("many", folder, tuple(classes), {"train": Split((folder / "a.jpg",), (0,))}))


def test_no_key_has_two_meanings() -> None:
    for count in (2, 10, 29, 30, 31, 200):
        every = keys.actions(row_of([f"class {number}" for number in range(count)]), True, True, True, None)
        shortcuts = [action.shortcut for action in every]
        assert len(set(shortcuts)) == len(shortcuts)
        assert all(shortcuts)


def test_many_classes(show: Callable[..., AppTest], tmp_path: Path, decisions: Decisions) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(np.zeros((9, 9, 3), np.uint8), "JPEG"))
    classes = tuple(f"class {number}" for number in range(1000))
    split = Split((tmp_path / "a.jpg",), (0,))
    app = show(dataset=Dataset("many", tmp_path, classes, {"train": split}))
    choose(app, "Another class", 777)
    (other,) = (action for action in data(app)["actions"] if action["shortcut"] == keys.OTHER_CLASS_KEY)
    assert other["label"] == "class 777"
    send(app, (1, other["key"], ["a.jpg"]))
    assert decisions.made == [(["a.jpg"], "class", "class 777")]


# All photos in a row


def test_names_are_paths_below_the_folder(dataset: Dataset) -> None:
    row = rows.of(dataset)
    assert len(row) == PHOTOS
    assert list(row.names) == [path.relative_to(dataset.folder).as_posix() for path in row.paths]
    assert [row.places[name] for name in row.names] == list(range(PHOTOS))
    assert all(row.names[place].startswith(f"{row.split(place)}/{row.label(place)}/") for place in range(PHOTOS))


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.jpg"
    row = rows.of(Dataset("old", tmp_path, ("a",), {"train": Split((path,), (0,))}))
    assert row.names == ("café.jpg",)


def test_a_choice_without_conditions_takes_all(dataset: Dataset) -> None:
    row = rows.of(dataset)
    assert list(browsing.matches(row, Choice(), {})) == list(range(PHOTOS))
    assert not len(browsing.matches(row, Choice(split="nowhere"), {}))
