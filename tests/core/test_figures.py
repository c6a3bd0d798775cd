"""Figures are functions of plain data: the tests read out what they show."""

import re
import tomllib

import pytest

from core import workspace
from core.drawing import figures, labels
from core.runs.folder import Curves
from core.runs.records import PartialEpoch
from tests.contrast import contrast, faded
from tests.fabricated import epoch

EPOCHS = tuple(
    epoch(e, loss=1.0 - 0.1 * e, accuracy=0.1 * e, val_loss=1.2 - 0.1 * e, val_accuracy=value)
    for e, value in enumerate((0.2, 0.6, 0.6))
)


def test_a_run_has_a_training_and_a_validation_curve_and_its_best_epoch() -> None:
    figure = figures.curves([("a run", Curves(EPOCHS))], "accuracy", epochs=10)
    training, validation, best = figure.data
    assert list(training.x) == [1, 2, 3]
    assert list(training.y) == pytest.approx([0.0, 0.1, 0.2])
    assert list(validation.y) == [0.2, 0.6, 0.6]
    assert (list(best.x), list(best.y)) == (
        [3],
        [0.6],
    )  # of two equal accuracies, the one with the lower validation loss
    assert training.line.color == validation.line.color
    assert training.line.dash != validation.line.dash
    assert list(figure.layout.xaxis.range) == [0, 10.5]


def test_the_epoch_in_progress_prolongs_the_training_curve() -> None:
    within = PartialEpoch(epoch=3, batch=5, batches=10, loss=0.65, accuracy=0.33)
    training, validation, _ = figures.curves([("a run", Curves(EPOCHS, within))], "loss").data
    assert training.x[-1] == 3.5
    assert training.y[-1] == 0.65
    assert len(validation.x) == 3


def test_runs_differ_in_colour_and_are_named_once_in_the_legend() -> None:
    runs = [(f"run {i} with a very long name of many settings, so it is cut", Curves(EPOCHS)) for i in range(3)]
    figure = figures.curves(runs, "loss", log=True, theme="dark")
    named = [trace for trace in figure.data if trace.showlegend]
    assert len({trace.line.color for trace in named}) == len(named) == 3
    assert all(len(trace.name) <= 42 for trace in named)
    assert figure.layout.yaxis.type == "log"


def test_no_epoch_yet_is_an_empty_chart() -> None:
    assert all(len(trace.x) == 0 for trace in figures.curves([("new", Curves(()))], "loss").data)


def test_probabilities_are_bars_best_first() -> None:
    (bars,) = figures.probabilities([("hat", 0.7), ("shoes", 0.3)]).data
    assert list(bars.y) == ["hat", "shoes"]
    assert list(bars.x) == [0.7, 0.3]
    assert bars.marker.color[0] != bars.marker.color[1]


def test_confusion_is_coloured_by_the_share_of_its_row() -> None:
    (heat,) = figures.confusion([[8, 2], [0, 0]], ["a", "b"]).data
    assert [list(row) for row in heat.z] == [[0.8, 0.2], [0.0, 0.0]]
    assert [[re.sub("<[^>]*>", "", number) for number in row] for row in heat.text] == [["8", "2"], ["", ""]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_are_those_of_the_app(theme: str) -> None:
    settings = tomllib.loads((workspace.PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert list(figures.PALETTES[theme]) == settings["theme"][theme]["chartCategoricalColors"][:8]


def test_a_run_without_a_curve_moves_no_other_runs_colour() -> None:
    whole = [("a", Curves(EPOCHS)), ("b", Curves(EPOCHS)), ("c", Curves(EPOCHS))]
    colours = {trace.name: trace.line.color for trace in figures.curves(whole, "loss").data if trace.showlegend}
    left = [("a", Curves(EPOCHS)), ("b", Curves(())), ("c", Curves(EPOCHS))]
    named = {trace.name: trace.line.color for trace in figures.curves(left, "loss").data if trace.showlegend}
    assert named == {name: colours[name] for name in "ac"}


def both(first: int, tuned: int) -> Curves:
    """Curves with `first` epochs of the head and `tuned` epochs of fine-tuning."""
    return Curves(tuple(epoch(e, stage=int(e >= first)) for e in range(first + tuned)))


@pytest.mark.parametrize("log", [False, True])
def test_a_line_stands_where_the_fine_tuning_begins(log: bool) -> None:
    figure = figures.curves([("a run", both(4, 2))], "loss", log=log)
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 4  # the last epoch of the head is plotted at 4
    assert (line.yref, line.y0, line.y1) == ("y domain", 0, 1)
    (words,) = figure.layout.annotations
    assert (words.text, words.x) == ("fine-tuning", 4)
    assert list(figure.data[1].x) == [1, 2, 3, 4, 5, 6]  # one axis


@pytest.mark.parametrize("curves", [both(3, 0), both(0, 3), Curves(())], ids=["frozen", "grown", "new"])
def test_a_run_of_one_stage_has_no_line(curves: Curves) -> None:
    figure = figures.curves([("a run", curves)], "loss")
    assert not figure.layout.shapes
    assert not figure.layout.annotations


def test_runs_that_agree_share_a_line_and_it_is_named_once() -> None:
    runs = [("a", both(3, 1)), ("b", both(3, 2)), ("c", both(5, 1)), ("d", both(6, 0))]
    figure = figures.curves(runs, "accuracy")
    assert [line.x0 for line in figure.layout.shapes] == [3, 5]
    assert [words.x for words in figure.layout.annotations] == [3]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_numbers_of_a_confusion_matrix_can_be_read(theme: str) -> None:
    ground = {"light": "#FCFAF7", "dark": "#151113"}[theme]
    assert figures.confusion([[1]], ["a"], theme).data[0].textfont.size >= 12
    for right in range(101):
        figure = figures.confusion([[right, 100 - right], [0, 1]], ["a", "b"], theme)
        for number, share in zip(figure.data[0].text[0], figure.data[0].z[0], strict=True):
            if number:
                ink = re.search("#[0-9A-F]{6}", number)
                assert contrast(ink[0], faded(figures.PALETTES[theme][0], ground, share)) > 3.9, (share, number)
    assert figure.data[0].text[1] == ["", f'<span style="color:{figures.ON_ACCENT[theme]}">1</span>']


HTML = ('<a href="http://x.org">a</a>', "<b>b</b> &lt;", "$x^2$", "2024", "2024-05-01")
ESCAPED = (
    '&lt;a href="http://x.org"&gt;a&lt;/a&gt;',
    "&lt;b&gt;b&lt;/b&gt; &amp;lt;",
    "&#36;x^2&#36;",
    "2024",
    "2024-05-01",
)


def test_names_are_shown_as_they_are():
    """Plotly reads texts as HTML, and classes that look like numbers or dates as numbers or dates."""
    assert tuple(map(labels.plain, HTML)) == ESCAPED
    bars = figures.probabilities([(name, 0.2) for name in HTML])
    assert tuple(bars.data[0].y) == ESCAPED
    matrix = figures.confusion([[1] * 5] * 5, HTML)
    assert tuple(matrix.data[0].x) == tuple(matrix.data[0].y) == ESCAPED
    assert bars.layout.yaxis.type == matrix.layout.xaxis.type == matrix.layout.yaxis.type == "category"
    assert figures.confidence(["0"], [0.5], HTML[0]).layout.yaxis.title.text == f"Probability of {ESCAPED[0]}"
    runs = [(name, Curves(EPOCHS)) for name in HTML]
    names = [trace.name for trace in figures.curves(runs, "loss").data if trace.showlegend]
    assert tuple(names) == ESCAPED
    long = figures.curves([("<" * 99, Curves(EPOCHS)), *runs], "loss").data[0].name
    assert long == "&lt;" * 20 + "…" + "&lt;" * 20  # shortened first: no entity is cut
