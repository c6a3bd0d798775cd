"""The figures of a dataset are functions of plain data: the tests read out what they show."""

import time

import numpy as np
import plotly.graph_objects as go
import pytest

from core.drawing import dataset_figures, map_figure
from core.drawing.figures import INKS, PALETTES

SPLITS = ("train", "validation", "test")
HTML = ("<b>b</b>", "$x^2$", '<a href="http://x.org">a</a>')
ESCAPED = ["&lt;b&gt;b&lt;/b&gt;", "&#36;x^2&#36;"]


def numbers(figure: go.Figure) -> dict[str, str]:
    """The text beside each class's bar."""
    names = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    texts = next(trace for trace in figure.data if trace.type == "scatter")
    return {names[place]: text.strip() for place, text in zip(texts.y, texts.text, strict=True)}


def test_counts_are_stacked_by_split_with_all_numbers_the_largest_class_first():
    figure = dataset_figures.counts(["hat", "shoes"], SPLITS, np.array([[1, 0, 2], [1200, 30, 0]]))
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["training", "validation", "test"]
    assert [list(bar.x) for bar in bars] == [[1200, 1], [30, 0], [0, 2]]
    assert figure.layout.barmode == "stack"
    assert list(figure.layout.yaxis.ticktext) == ["shoes", "hat"]
    assert numbers(figure) == {"shoes": "1,200 + 30 + 0", "hat": "1 + 0 + 2"}
    low, high = figure.layout.yaxis.range
    assert low > high  # the first class is at the top
    assert figure.layout.xaxis.range[1] > 1230 * 1.3  # room for the numbers


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_counts_have_the_colours_of_the_theme(theme):
    figure = dataset_figures.counts(["a", "b"], SPLITS, np.ones((2, 3), int), theme)
    assert [trace.marker.color for trace in figure.data[:3]] == list(PALETTES[theme][:3])
    assert figure.data[3].textfont.color == INKS[theme]


@pytest.mark.parametrize("count", [10, 30, 31, 1000])
def test_of_many_classes_the_ends_are_shown_and_the_others_are_counted(count):
    photos = np.stack([np.arange(count) + 5, np.ones(count, int)], 1)
    figure = dataset_figures.counts([f"class {number}" for number in range(count)], SPLITS[:2], photos)
    shown = list(figure.layout.yaxis.ticktext)
    assert shown[0] == f"class {count - 1}"
    assert shown[-1] == "class 0"
    assert len(shown) == len(set(figure.layout.yaxis.tickvals)) == min(count, 30)
    texts = [note.text for note in figure.layout.annotations]
    expected = {
        31: ["<i>… 1 other class: 21 photos each</i>"],
        1000: ["<i>… 970 other classes: 21 to 990 photos each</i>"],
    }
    assert texts == expected.get(count, [])
    if texts:
        assert figure.layout.annotations[0].y not in figure.layout.yaxis.tickvals  # on a line of its own
    assert figure.layout.height < 1000


def test_boxes_hold_the_middle_half_of_a_class_in_the_order_of_their_medians():
    values = np.array([*range(101), 200.0, np.nan, np.nan])
    labels = np.array([0] * 101 + [1, 1, 2])
    figure = dataset_figures.by_class(["a", "b", "unmeasured"], labels, values, "Lightness")
    (box,) = figure.data
    assert list(figure.layout.yaxis.ticktext) == ["b", "a"]
    facts = [list(values) for values in (box.lowerfence, box.q1, box.median, box.q3, box.upperfence)]
    assert facts == [[200, 5], [200, 25], [200, 50], [200, 75], [200, 95]]
    assert figure.layout.xaxis.title.text == "Lightness"


def test_of_many_boxes_the_ends_are_shown():
    figure = dataset_figures.by_class([f"c{i}" for i in range(100)], np.arange(100), np.arange(100.0), "Lightness")
    shown = list(figure.layout.yaxis.ticktext)
    assert (shown[0], shown[14], shown[15], shown[-1]) == ("c99", "c85", "c14", "c0")
    assert figure.layout.annotations[0].text == "<i>… 70 other classes</i>"


def test_photos_of_one_size_are_one_dot():
    figure = dataset_figures.sizes(np.array([400, 400, 400, 300]), np.array([300, 300, 300, 400]))
    dots = figure.data[0]
    assert sorted(zip(dots.x, dots.y, dots.customdata, strict=True)) == [(300, 400, 1), (400, 300, 3)]
    by_count = dict(zip(dots.customdata, dots.marker.size, strict=True))
    assert by_count[3] > by_count[1]
    assert figure.layout.xaxis.type != "log"


def test_very_different_sizes_have_logarithmic_axes_that_hold_all_dots():
    figure = dataset_figures.sizes(np.array([20, 6000]), np.array([30, 4000]))
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.type == "log"
        assert 10 ** axis.range[0] < 20
        assert 10 ** axis.range[1] > 6000


def test_proportions_count_every_photo_also_extreme_ones_and_squares_have_a_bar_of_their_own():
    widths, heights = np.array([300, 400, 100, 100, 9000, 10]), np.array([400, 300, 100, 100, 10, 9000])
    (bars,) = dataset_figures.proportions(widths, heights).data
    assert sum(bars.y) == 6
    assert bars.y[0] == bars.y[-1] == 1
    middle = len(bars.x) // 2
    assert bars.x[middle] == pytest.approx(0)
    assert bars.y[middle] == 2
    assert bars.customdata[0].startswith("width 0.1")


def test_no_photos_are_empty_figures():
    none = np.zeros(0, np.int64)
    assert sum(dataset_figures.proportions(none, none).data[0].y) == 0
    assert len(dataset_figures.sizes(none, none).data[0].x) == 0
    assert len(dataset_figures.by_class(["a"], none, none.astype(float), "Lightness").data[0].y) == 0
    assert len(map_figure.photo_map(np.zeros((0, 2), np.float32), [], {}).data) == 0


POINTS = np.array([[0, 0], [1, 0], [0, 1], [5, 5]], np.float32)
NAMES = ("a/1.jpg", "a/2.jpg", "b/<b>.jpg", "c/4.jpg")


def test_the_map_has_a_colour_for_each_group_and_every_photo_once():
    figure = map_figure.photo_map(POINTS, NAMES, {"a": np.array([0, 1]), "b": np.array([2])}, rest="others")
    assert [trace.name for trace in figure.data] == ["others (1)", "a (2)", "b (1)"]  # grey lies beneath
    assert [list(trace.customdata) for trace in figure.data] == [[3], [0, 1], [2]]
    assert list(figure.data[1].x) == [0, 1]
    assert list(figure.data[2].text) == ["b/&lt;b&gt;.jpg"]
    assert figure.data[1].marker.color == PALETTES["light"][0]
    assert figure.layout.dragmode == "lasso"


def test_groups_differ_in_colour_or_symbol_and_too_many_are_grey():
    count = map_figure.MOST_GROUPS + 3
    points = np.zeros((count, 2), np.float32)
    groups = {f"class {place}": np.array([place]) for place in range(count)}
    figure = map_figure.photo_map(points, ["x.jpg"] * count, groups, rest="other classes")
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == len(figure.data) == map_figure.MOST_GROUPS + 1
    assert figure.data[0].name == "other classes (3)"


def test_marked_photos_have_rings_and_the_first_the_thickest():
    figure = map_figure.photo_map(POINTS, NAMES, {"all": np.arange(4)}, marked=[3, 1])
    rings = figure.data[-1]
    assert list(rings.x) == [5, 1]
    assert rings.marker.line.width[0] > rings.marker.line.width[1]
    assert rings.customdata is None  # a selection counts no photo twice
    assert figure.layout.dragmode == "pan"


def test_few_coloured_photos_among_many_stand_out():
    points = np.zeros((200, 2), np.float32)
    rare = map_figure.photo_map(points, ["x"] * 200, {"blurred": np.array([1, 2])})
    common = map_figure.photo_map(points, ["x"] * 200, {"blurred": np.arange(100)})
    assert rare.data[1].marker.size > common.data[1].marker.size == rare.data[0].marker.size


def test_thirty_thousand_photos_are_drawn_by_webgl_at_once():
    count = 30_000
    points = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    names = [f"train/class/{place:06d}.jpg" for place in range(count)]
    labels = np.arange(count) % 20
    groups = {f"class {label}": np.flatnonzero(labels == label) for label in range(20)}
    start = time.thread_time()
    figure = map_figure.photo_map(points, names, groups)
    assert time.thread_time() - start < 2  # 0.1 s on a quiet machine
    assert {trace.type for trace in figure.data} == {"scattergl"}
    assert len(figure.to_json()) < 4_000_000
    few = map_figure.photo_map(points[:100], names[:100], {})
    assert few.data[0].type == "scatter"


def test_names_are_shown_as_they_are():
    counts = dataset_figures.counts(HTML, SPLITS[:1], np.array([[3], [2], [1]]))
    boxes = dataset_figures.by_class(HTML, np.arange(3), np.array([3.0, 2.0, 1.0]), "Lightness")
    for figure in (counts, boxes):
        shown = list(figure.layout.yaxis.ticktext)
        assert shown[:2] == ESCAPED
        assert not any("<" in name for name in shown)
    assert list(counts.data[0].customdata)[:2] == ESCAPED
    drawn = map_figure.photo_map(
        POINTS, [*HTML, "x"], {name: np.array([place]) for place, name in enumerate(HTML)}, rest="<i>"
    )
    assert [trace.name for trace in drawn.data][:3] == ["&lt;i&gt; (1)", f"{ESCAPED[0]} (1)", f"{ESCAPED[1]} (1)"]
    assert all("<" not in trace.name and "<" not in trace.text[0] for trace in drawn.data)


def test_classes_of_the_same_shortened_name_have_lines_of_their_own():
    names = [f"a very long name of a class {'x' * 20}{end} of them all" for end in "ab"]
    figure = dataset_figures.counts(names, SPLITS[:1], np.array([[3], [2]]))
    first, second = figure.layout.yaxis.ticktext
    assert first == second
    assert len(first) <= dataset_figures.LONGEST_CLASS
    assert list(figure.data[0].y) == [0, 1]
