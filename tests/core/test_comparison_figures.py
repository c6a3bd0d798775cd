"""The figures of Compare: curves with a run that is far off, the clickable matrix, scores against settings."""

import pytest

from core.drawing import curve_lines, figures, loss_axis, matrix_figure, settings_figures
from core.drawing.curve_lines import Look
from core.drawing.settings_figures import Point
from core.runs.folder import Curves
from tests.fabricated import epoch


def curves(*losses: float) -> Curves:
    return Curves(tuple(epoch(number, loss=loss, val_loss=loss) for number, loss in enumerate(losses)))


def test_one_wild_run_does_not_flatten_the_others() -> None:
    runs = [curves(1.8, 0.7), curves(0.7, 0.5), curves(0.7, 0.9), curves(7.1, 13.0)]
    assert loss_axis.off_chart(runs) == [3]
    assert loss_axis.end(runs) == pytest.approx(1.05 * 1.8)
    named = [(f"run {number}", run) for number, run in enumerate(runs)]
    assert figures.curves(named, "loss").layout.yaxis.range == (0, loss_axis.end(runs))
    assert figures.curves(named, "loss", log=True).layout.yaxis.range is None
    assert figures.curves(named, "accuracy").layout.yaxis.range is None


@pytest.mark.parametrize(
    "runs", [[], [curves(9.0)], [curves(0.5), curves(0.9)], [curves(9.0), curves(10.0)], [curves()]]
)
def test_most_runs_fit_on_the_axis(runs: list[Curves]) -> None:
    assert loss_axis.off_chart(runs) == []
    assert loss_axis.end(runs) is None


def timed(*losses: float) -> Curves:
    accuracies = [1 - loss / 4 for loss in losses]
    return Curves(
        tuple(
            epoch(number, loss=loss / 2, val_loss=loss, accuracy=0.9, val_accuracy=accuracies[number], seconds=2.0)
            for number, loss in enumerate(losses)
        )
    )


def test_curves_by_time_and_their_gap() -> None:
    run = timed(2.0, 1.0, 1.5)
    (gap,) = curve_lines.of(run, "loss", Look(curve_lines.GAP))
    assert (gap.kind, gap.ys) == (curve_lines.GAP, (1.0, 0.5, 0.75))
    assert curve_lines.of(run, "accuracy", Look(curve_lines.GAP))[0].ys == pytest.approx((0.4, 0.15, 0.275))
    (training,) = curve_lines.of(run, "loss", Look(curve_lines.TRAINING, by_time=True))
    assert training.xs == (2, 4, 6)
    figure = figures.curves([("a", run)], "loss", 30, look=Look(by_time=True))
    assert figure.layout.xaxis.title.text == "Seconds of training"
    assert figure.layout.xaxis.range is None
    assert [trace.meta for trace in figure.data] == ["0-training", "0-validation", "0-best"]
    assert list(figure.data[2].x) == [4.0]
    assert [trace.meta for trace in figures.curves([("a", run)], "loss", look=Look(curve_lines.GAP)).data] == ["0-gap"]


def test_smoothing_begins_at_the_first_value_and_follows_the_rest() -> None:
    run = timed(2.0, 1.0, 1.0, 1.0)
    (line,) = curve_lines.of(run, "loss", Look(curve_lines.VALIDATION, smoothing=0.5))
    assert line.ys == pytest.approx((2.0, 4 / 3, 8 / 7, 16 / 15))
    assert curve_lines.of(run, "loss", Look(curve_lines.VALIDATION))[0].ys == (2.0, 1.0, 1.0, 1.0)


def test_each_curve_has_a_name_that_stays() -> None:
    named = [("a", curves(1.0, 0.5)), ("a", curves(0.9))]
    names = [trace.meta for trace in figures.curves(named, "loss").data]
    assert len(set(names)) == len(names)
    later = [trace.meta for trace in figures.curves([("a", curves(1.0, 0.5, 0.4)), named[1]], "loss").data]
    assert later == names


def test_each_cell_with_photos_can_be_clicked() -> None:
    figure = matrix_figure.clickable(((3, 1), (0, 2)), ("<b>", "$x$"))
    points = figure.data[1]
    assert [list(cell) for cell in points.customdata] == [[0, 0, 3], [0, 1, 1], [1, 1, 2]]
    assert list(points.x) == [figure.data[0].x[0], figure.data[0].x[1], figure.data[0].x[1]]
    assert "<b>" not in str(figure.data[0].x)


POINTS = [
    Point("slow", (0.0001, "none"), 0.76, (0.71, 0.8)),
    Point("good", (0.001, "none"), 0.85, (0.81, 0.88)),
    Point("<b>wide</b>", (0.001, "100"), 0.87, (0.83, 0.9)),
]


def test_a_score_against_one_setting() -> None:
    figure = settings_figures.curve([POINTS[1], POINTS[0]], "learning_rate")
    (trace,) = figure.data
    assert list(trace.x) == [0.0001, 0.001]
    assert trace.mode == "markers+lines"
    assert list(trace.error_y.array) == pytest.approx([0.04, 0.03])
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.ticktext) == ["0.0001", "0.001"]
    assert settings_figures.curve(POINTS, "learning_rate").data[0].mode == "markers", "two runs share a value"


def test_a_score_against_words() -> None:
    points = [Point("a", ("<i>none</i>",), 0.5, (0.4, 0.6)), Point("b", ("100",), 0.6, (0.5, 0.7))]
    figure = settings_figures.curve(points, "dense_layers")
    assert figure.layout.xaxis.type == "category"
    assert "<i>" not in figure.data[0].x[0]


def test_a_heat_map_has_the_mean_of_each_pair() -> None:
    figure = settings_figures.heat_map([*POINTS, Point("again", (0.001, "none"), 0.83, (0.8, 0.9))], ["a", "b"])
    (trace,) = figure.data
    assert list(trace.x) == ["0.0001", "0.001"]
    assert list(trace.y) == ["100", "none"]
    assert trace.z[0][0] is None
    assert trace.z[0][1] == 0.87
    assert trace.z[1][1] == pytest.approx(0.84)
    assert trace.text[0][0] == settings_figures.MISSING


def test_parallel_coordinates_have_even_steps() -> None:
    figure = settings_figures.parallel(POINTS, ["Learning rate", "Dense layers"])
    rate, dense, accuracy = figure.data[0].dimensions
    assert list(rate["values"]) == [0, 1, 1]
    assert list(rate.ticktext) == ["0.0001", "0.001"]
    assert list(dense.ticktext) == ["100", "none"]
    assert list(accuracy["values"]) == [0.76, 0.85, 0.87]
