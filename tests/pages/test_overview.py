"""The overview of a dataset and the map of its photos, each on a page of its own."""

from collections.abc import Callable
from math import nan
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import adding, averages, catalogue, measures, rows
from core.datasets.measures import Measure
from core.datasets.rows import Rows
from core.drawing import dataset_figures, map_figure
from pages.reviewing import photo_map
from tests.pages.conftest import key_of, session_value

Figures = list[tuple[tuple, dict]]


@pytest.fixture(autouse=True)
def _forgetful():
    averages._remembered.clear()


def recorded(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> Figures:
    """The arguments with which a figure is drawn: what a chart shows can't be read from the page."""
    calls: Figures = []
    original: Callable = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *a, **k: calls.append((a, k)) or original(*a, **k))
    return calls


# --- The overview ----------------------------------------------------------------------------------------------------


def overview_page(with_measures: bool) -> None:
    from core.datasets import catalogue, measures, rows
    from pages.reviewing import overview

    dataset = catalogue.load("tiny")
    table = rows.of(dataset)
    measured = dict(zip(table.names, measures.of("tiny", table.names, table.paths), strict=True))
    overview.show(dataset, measured if with_measures else None)


def overview(with_measures: bool) -> AppTest:
    app = AppTest.from_function(overview_page, args=(with_measures,), default_timeout=30).run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info])


def captions(app: AppTest) -> list[str]:
    """The captions of the pictures."""
    return [image.proto.imgs[0].caption for image in app.get("image")]


@pytest.mark.usefixtures("tiny")
def test_the_counts_are_there_at_once_and_a_sentence_says_how_to_see_the_rest(monkeypatch):
    drawn = recorded(monkeypatch, dataset_figures, "counts")
    app = overview(with_measures=False)
    assert "3 classes of 12 photos each." in texts(app)
    assert "Press *Check the photos* to see their sizes" in texts(app)
    classes, splits, counts, theme = drawn[-1][0]
    assert (classes, splits, theme) == (("bars", "disc", "frame"), ("train", "validation", "test"), "light")
    assert counts.tolist() == [[6, 3, 3]] * 3
    table = app.dataframe[0].value
    assert table.to_dict("list") == {
        "Class": ["bars", "disc", "frame"], "Training": [6] * 3, "Validation": [3] * 3, "Test": [3] * 3, "All": [12] * 3
    }  # fmt: skip
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.usefixtures("tiny")
def test_measures_have_charts(monkeypatch):
    boxes = recorded(monkeypatch, dataset_figures, "by_class")
    sizes = recorded(monkeypatch, dataset_figures, "sizes")
    app = overview(with_measures=True)
    assert len(app.get("plotly_chart")) == 5
    assert "Check the photos" not in texts(app)
    assert "could not be measured" not in texts(app)
    widths, heights, _ = sizes[-1][0]
    assert (widths == 40).all()
    assert len(widths) == len(heights) == 36
    (_, labels, brightness, title, _), (_, _, sharpness, _, _) = (call[0] for call in boxes)
    assert title.startswith("Lightness")
    assert np.bincount(labels).tolist() == [12] * 3
    assert ((brightness > 20) & (brightness < 95)).all()
    assert ((sharpness > 0) & (sharpness < 1)).all()


@pytest.mark.usefixtures("tiny")
def test_photos_without_measures_are_counted(monkeypatch):
    original = measures.of

    def with_errors(dataset, names, paths, progress=None):
        found = original(dataset, names, paths, progress)
        return [Measure(error="Not a photo."), *found[1:]]

    monkeypatch.setattr(measures, "of", with_errors)
    assert "Without 1 photo that could not be measured." in texts(overview(with_measures=True))
    monkeypatch.setattr(measures, "of", lambda _, names, paths: [Measure(error="Not a photo.") for _ in names])
    app = overview(with_measures=True)
    assert "None of these photos could be measured." in texts(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.usefixtures("tiny")
def test_average_pictures_come_on_request(monkeypatch):
    asked = recorded(monkeypatch, averages, "of")
    app = overview(with_measures=False)
    assert not captions(app)
    assert not asked
    app.button(key="overview-average-tiny").click().run()
    assert not app.exception
    assert captions(app) == ["bars (6)", "disc (6)", "frame (6)"]
    assert not app.button
    app.run()
    assert len(captions(app)) == 3  # they stay


def test_without_readable_photos_there_is_a_sentence(tiny_dataset: Path, tmp_path: Path):
    for split in ("train", "validation"):
        for label in ("bars", "disc"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "a.png").write_bytes(b"no photo")
    adding.add_folder("tiny", tmp_path)
    app = overview(with_measures=True)
    app.button(key="overview-average-tiny").click().run()
    assert not app.exception
    assert "None of the training photos can be read." in texts(app)


def test_the_largest_and_the_smallest_class_are_named(tiny_dataset: Path, tmp_path: Path):
    for split, label, count in (("train", "bars", 4), ("train", "disc", 1), ("validation", "bars", 1)):
        (tmp_path / split / label).mkdir(parents=True)
        for path in sorted((tiny_dataset / split / label).iterdir())[:count]:
            (tmp_path / split / label / path.name).write_bytes(path.read_bytes())
    adding.add_folder("tiny", tmp_path)
    assert "2 classes. The largest, bars, has 5 photos; the smallest, disc, has 1 photo." in texts(overview(False))


# --- The map ---------------------------------------------------------------------------------------------------------


def map_page(trustworthiness: float, problems: dict[str, str], names: list[str], can_open: bool) -> None:
    import numpy as np
    import streamlit as st

    from core.datasets import catalogue, rows
    from pages.reviewing import photo_map

    dataset = catalogue.load("tiny")
    names = names or list(rows.of(dataset).names)
    points = np.stack([np.arange(len(names)), np.zeros(len(names))], 1).astype(np.float32)  # in a row
    opening = (lambda some: st.session_state.update(opened=some)) if can_open else None
    photo_map.show(dataset, names, points, "PCA", trustworthiness, problems, opening)


def shown_map(
    trustworthiness: float = 0.9, problems: dict[str, str] | None = None, names: list[str] | None = None,
    can_open: bool = True,
) -> AppTest:  # fmt: skip
    arguments = (trustworthiness, problems or {}, names or [], can_open)
    app = AppTest.from_function(map_page, args=arguments, default_timeout=30).run()
    assert not app.exception
    return app


def table() -> Rows:
    return rows.of(catalogue.load("tiny"))


def groups(drawn: Figures) -> dict[str, int]:
    return {name: len(places) for name, places in drawn[-1][0][2].items()}


@pytest.mark.usefixtures("tiny")
def test_the_map_is_coloured_by_class_split_or_problem(monkeypatch):
    drawn = recorded(monkeypatch, map_figure, "photo_map")
    problems = {table().names[0]: "blurred", table().names[5]: "dark", table().names[7]: "dark", "gone.jpg": "dark"}
    app = shown_map(problems=problems)
    assert groups(drawn) == {"bars": 12, "disc": 12, "frame": 12}
    app.segmented_control[0].set_value("Split").run()
    assert groups(drawn) == {"training": 18, "validation": 9, "test": 9}
    app.segmented_control[0].set_value("Problem").run()
    assert not app.exception
    assert groups(drawn) == {"dark": 2, "blurred": 1}
    assert drawn[-1][0][4] == "no problem found"
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.usefixtures("tiny")
def test_without_problems_there_is_no_such_colour():
    assert list(shown_map().segmented_control[0].options) == ["Class", "Split"]


@pytest.mark.usefixtures("tiny")
def test_a_class_can_be_highlighted(monkeypatch):
    drawn = recorded(monkeypatch, map_figure, "photo_map")
    app = shown_map()
    app.selectbox(key=key_of(app, "data-map-class-tiny")).set_value(1).run()
    assert not app.exception
    assert groups(drawn) == {"disc": 12}
    assert drawn[-1][0][4] == "other classes"


@pytest.mark.usefixtures("tiny")
def test_before_a_selection_a_sentence_says_how_to_make_it():
    app = shown_map()
    assert "Draw around some dots" in texts(app)
    assert not captions(app)


@pytest.mark.usefixtures("tiny")
def test_without_a_mouse_the_neighbours_of_a_photo_are_shown(monkeypatch):
    monkeypatch.setattr(photo_map, "NEAREST", 4)
    drawn = recorded(monkeypatch, map_figure, "photo_map")
    app = shown_map(problems={table().names[7]: "dark"})
    app.segmented_control[1].set_value(photo_map.PHOTO).run()
    app.selectbox(key=key_of(app, "data-map-photo-class-tiny")).set_value(1).run()
    app.number_input[0].set_value(2).run()
    assert not app.exception
    assert drawn[-1][0][5] == [7, 6, 8, 5, 9]  # the second disc is the eighth photo in the row
    assert "This photo and its 4 nearest" in texts(app)
    assert captions(app) == ["disc\\: dark", *["disc"] * 2, "bars", "disc"]
    app.button(key="map-open-tiny").click().run()
    assert not app.exception
    assert session_value(app, "opened") == [table().names[place] for place in (7, 6, 8, 5, 9)]


@pytest.mark.usefixtures("tiny")
def test_without_a_way_to_open_photos_there_is_no_button():
    app = shown_map(can_open=False)
    app.segmented_control[1].set_value(photo_map.PHOTO).run()
    assert captions(app)
    assert not app.button


def test_photos_that_vanished_are_named(tiny_dataset: Path, tmp_path: Path):
    for split in ("train", "validation"):
        for label in ("bars", "disc"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / f"{split}.png").write_bytes(b"no photo")
    adding.add_folder("tiny", tmp_path)
    app = shown_map()
    app.segmented_control[1].set_value(photo_map.PHOTO).run()
    assert not app.exception
    assert texts(app).count(":material/broken_image: validation.png") == 2


@pytest.mark.usefixtures("tiny")
def test_names_that_the_dataset_no_longer_has_are_passed_over(monkeypatch):
    drawn = recorded(monkeypatch, map_figure, "photo_map")
    shown_map(names=["gone.jpg", table().names[20], "away.jpg", table().names[3]])
    points, names = drawn[-1][0][:2]
    assert list(names) == [table().names[20], table().names[3]]
    assert points[:, 0].tolist() == [1, 3]
    app = shown_map(names=["gone.jpg"])
    assert "No photos are on the map yet." in texts(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.97, "nearly always alike. Trustworthiness 0.97"),
        (0.89, "mostly alike, with exceptions. Trustworthiness 0.89"),
        (0.75, "often alike"),
        (0.5, "need not be alike"),
        (nan, "too few different photos"),
    ],
)
def test_a_sentence_says_how_faithful_the_map_is(value, words):
    assert words in photo_map.faithfulness("PCA", value)


@pytest.mark.usefixtures("tiny")
def test_the_sentence_stands_below_the_map():
    assert photo_map.faithfulness("PCA", 0.9) in texts(shown_map(0.9))


def test_a_selection_counts_each_photo_of_the_map_once():
    points = [{"customdata": place} for place in (3, 1.0, 3, 99, -1, None, "2")]
    assert photo_map._selected({"selection": {"points": [*points, {"x": 1}]}}, 10) == [1, 3]


def test_the_nearest_photos_start_with_the_photo_itself_even_among_copies():
    points = np.zeros((5, 2), np.float32)
    points[4] = 1
    assert photo_map.nearest(points, 3, 3) == [3, 0, 1, 2]
    assert photo_map.nearest(points, 4, 99) == [4, 0, 1, 2, 3]
