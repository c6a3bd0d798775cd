"""The figures of an evaluation: the tests read out what they show."""

import pytest

from core.answering import evaluation
from core.drawing import evaluation_figures, figures
from core.evaluating.record import Bin, Group, Kept, Undoubted


def counts(correct: int, count: int) -> dict:
    return {"correct": correct, "count": count, "interval": evaluation.interval(correct, count)}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_reliability_diagram_has_a_band_around_its_line(theme: str) -> None:
    bins = [Bin(confidence=0.5, **counts(4, 10)), Bin(confidence=0.9, **counts(39, 40))]
    diagonal, low, high, line = evaluation_figures.reliability(bins, theme).data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert (list(line.x), list(line.y)) == ([0.5, 0.9], [0.4, 0.975])
    assert list(zip(low.y, high.y, strict=True)) == [each.interval for each in bins]
    assert high.fill == "tonexty"
    assert line.line.color == figures.PALETTES[theme][0]
    assert line.marker.size[0] < line.marker.size[1] == 18
    assert "4 of 10 right" in line.customdata[0]


def test_the_thresholds_lie_beside_the_curve_of_risk() -> None:
    curve = [Kept(confidence=0.9, **counts(1, 1)), Kept(confidence=0.2, **counts(80, 100))]
    own = [Undoubted(rate=0.01, **counts(79, 95)), Undoubted(rate=0.05, **counts(76, 80))]
    figure = evaluation_figures.risk_coverage(curve, own, 100)
    low, high, line, marks = figure.data
    assert list(line.x) == [0.01, 1.0]
    assert list(line.y) == pytest.approx([0, 0.2])
    assert low.y[1] < 0.2 < high.y[1]
    assert list(marks.x) == [0.95, 0.8]
    assert list(marks.y) == pytest.approx([16 / 95, 4 / 80])
    assert list(marks.text) == ["", "usual caution"]  # more labels would overlap
    assert figure.layout.yaxis.range[1] == pytest.approx(1.1 * (1 - curve[1].interval[0]))  # not that of one photo


def test_groups_have_error_bars_and_the_accuracy_on_all_photos() -> None:
    groups = [Group(low=1, high=1.2, **counts(9, 10)), Group(low=1.3, high=2, **counts(5, 10))]
    figure = evaluation_figures.by_group(groups, ["1 <b>", "2"], 0.7, "Proportions")
    (points,) = figure.data
    assert list(points.y) == [0.9, 0.5]
    for place, group in enumerate(groups):
        ends = (points.y[place] - points.error_y.arrayminus[place], points.y[place] + points.error_y.array[place])
        assert ends == pytest.approx(group.interval)
    assert list(figure.layout.xaxis.ticktext) == ["1 &lt;b&gt;", "2"]
    assert figure.layout.shapes[0].y0 == 0.7


def test_nothing_is_an_empty_figure() -> None:
    assert evaluation_figures.reliability([]).data[-1].x == ()
    assert evaluation_figures.risk_coverage([], [], 0).data[-1].x == ()
    assert evaluation_figures.by_group([], [], 0.5, "Size").data[0].x == ()
