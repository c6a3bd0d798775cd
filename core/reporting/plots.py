"""The charts of a report: curves, scores against settings, and the winner's confusion matrix."""

from collections.abc import Sequence

from core import words
from core.answering.card import Scores
from core.comparing import differences, pairs
from core.datasets.folders import SPLIT_WORDS
from core.drawing import figures, loss_axis, settings_figures
from core.reporting import document
from core.reporting.document import NOTHING, Html
from core.reporting.material import Material
from core.runs import folder, readings
from core.runs.folder import Run, planned_epochs
from core.words import quoted

MOST_CURVES = figures.MOST_CURVES
CURVES_HEIGHT = 300  # px
MOST_SETTINGS = 4  # charts
MOST_MIXED_UP = 3  # pairs of classes


def with_curves(material: Material) -> list[Run]:
    """The runs whose curves are drawn, in their order: the best ones, as many as there are colours."""
    best = {run.id for run in pairs.best_first(material.trained)[:MOST_CURVES]}
    return [run for run in material.trained if run.id in best]


def colour(material: Material, run: Run) -> str:
    """The colour of the run's curves; empty if they are not drawn."""
    ids = [each.id for each in with_curves(material)]
    return figures.PALETTES["light"][ids.index(run.id)] if run.id in ids else ""


def curves(material: Material) -> Html:
    """Loss and accuracy by epoch."""
    runs = with_curves(material)
    read = [readings.curves(run.folder).curves for run in runs]
    if not runs:
        return document.paragraph(document.text("None of these runs has finished an epoch, so there are no curves."))
    reach = max(planned_epochs(run.config, each) for run, each in zip(runs, read, strict=True))
    named = list(zip([run.name for run in runs], read, strict=True))
    caption = "Dotted: training photos, with dropout on. Solid: validation photos. Star: best epoch."
    if len(material.trained) > len(runs):
        caption = f"The best {len(runs)} of {len(material.trained)} runs. {caption}"
    if far := loss_axis.off_chart(read):
        names = words.listed(quoted(runs[place].name) for place in far)
        caption += f" {names} {'is' if len(far) == 1 else 'are'} above this loss axis, which shows the others well."
    drawn = []
    for quantity in figures.QUANTITIES:
        figure = figures.curves(named, quantity, reach).update_layout(showlegend=False, height=CURVES_HEIGHT)
        drawn.append(document.chart(figure, f"Training and validation {quantity} by epoch"))
    legend = document.legend([(run.name, colour(material, run)) for run in runs]) if len(runs) > 1 else NOTHING
    return Html(legend + document.charts(*drawn, caption=caption))


def settings(material: Material) -> Html:
    """The accuracy against each setting that differs, seeds apart, and against two together if just two differ."""
    split = material.split
    scored = settings_figures.scored(material.trained, split)
    names = differences.differing(scored)
    if len(scored) < 2 or not names:
        return NOTHING
    shown = [name for name in names if name not in differences.SEEDS][:MOST_SETTINGS] or names[:1]
    drawn = [
        document.chart(
            settings_figures.curve(settings_figures.points(scored, [name], split), name),
            f"Accuracy against {differences.title(name)}",
        )
        for name in shown
    ]
    caption = (
        f"Accuracy on {SPLIT_WORDS[split]} photos with its 95 % interval. Where intervals overlap a lot, the gap may "
        "be luck."
    )
    if len(names) == 2:
        titles = [differences.title(name) for name in names]
        points = settings_figures.points(scored, names, split)
        alt = f"Accuracy against {' and '.join(titles)}"
        drawn.append(document.chart(settings_figures.heat_map(points, titles), alt))
        caption += " In the cells: the mean accuracy of the runs with these values."
    if more := len([name for name in names if name not in differences.SEEDS]) - len(shown):
        caption += f" {words.count(more, 'more setting')} differ: see the table." if more > 0 else ""
    return document.charts(*drawn, caption=caption)


def split_of(run: Run) -> str:
    """The split whose mistakes are shown: a run's test photos, else its validation photos."""
    return "test" if "test" in folder.scores(run.folder) else "validation"


def confusion(run: Run) -> Html:
    """The matrix of a run, and what it mixes up most."""
    report, split = readings.report(run.folder), split_of(run)
    scores = folder.scores(run.folder).get(split)
    if report is None or scores is None:
        return document.paragraph(document.text(f"{quoted(run.name)} has no scores yet, so there is no matrix."))
    labels, counts = report.labels, scores.confusion
    if len(counts) != len(labels) or any(len(row) != len(labels) for row in counts):
        return document.paragraph(document.text(f"The confusion matrix of {quoted(run.name)} is not stored."))
    return Html(
        document.paragraph(document.text(_mixed_up(scores, labels, f"{SPLIT_WORDS[split]} photo")))
        + document.charts(
            document.chart(figures.confusion(counts, labels), f"Confusion matrix of {run.name}"),
            caption="Rows are the true classes, columns the answers; the darker, the larger the share of its row.",
        )
    )


def _mixed_up(scores: Scores, labels: Sequence[str], kind: str) -> str:
    start = f"{scores.correct:,} of {words.count(scores.count, kind)} {'is' if scores.correct == 1 else 'are'} right."
    cells = [
        (count, row, column)
        for row, line in enumerate(scores.confusion)
        for column, count in enumerate(line)
        if row != column and count
    ]
    worst = sorted(cells, key=lambda cell: -cell[0])[:MOST_MIXED_UP]
    listed = ", ".join(
        f"{quoted(labels[row])} taken for {quoted(labels[column])} ({words.count(count, 'photo')})"
        for count, row, column in worst
    )
    return f"{start} Most often mixed up: {listed}." if listed else start
