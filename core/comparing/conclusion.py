"""What a study, or any group of runs, has shown: who won, by how many photos, whether it is luck, why, and what next.

Plain sentences, for the pages, the shell and the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from core import words
from core.comparing import advice, curve_shapes, differences, luck, pairs
from core.comparing.curve_shapes import Shape
from core.comparing.pairs import Comparison
from core.datasets.folders import SPLIT_WORDS
from core.errors import RunError
from core.files.versions import Latest, version
from core.runs import folder, readings
from core.runs.folder import Run
from core.runs.records import Epoch
from core.words import quoted

MOST_REMEMBERED = 32  # conclusions: Train asks for the same one every second
FILES = ("metrics.jsonl", "report.json", "predictions.npz", "status.json", "notes.json")  # on which one depends


LISTS = {
    "luck": "More than luck?",
    "same": "The same training",
    "seeds": "Other seeds",
    "shapes": "What the curves show",
    "left_out": "Left out",
    "next": "What to try next",
}  # of a conclusion, with their titles, in the order of reading


@dataclass(frozen=True)
class Conclusion:
    """The sentences about a group of runs; lists are empty where there is nothing to say."""

    winner: Run
    headline: str
    luck: tuple[str, ...] = ()  # the winner against each other run
    same: tuple[str, ...] = ()  # runs that are the same training
    seeds: tuple[str, ...] = ()  # the spread between runs that differ only in their seeds
    shapes: tuple[str, ...] = ()  # what one sees in the curves
    left_out: tuple[str, ...] = ()  # runs that can't be compared, with the reason
    next: tuple[str, ...] = ()  # what to try

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The sentences by list; LISTS has the titles."""
        return {name: getattr(self, name) for name in LISTS}


_known: Latest[Conclusion | None] = Latest(MOST_REMEMBERED)


def of(runs: Sequence[Run]) -> Conclusion | None:
    """The conclusion from these runs; None unless two of them have finished an epoch."""
    files = tuple(version(run.folder, name) for run in runs for name in FILES)
    return _known.get(tuple(run.id for run in runs), (files, [run.state for run in runs]), lambda: _of(runs))


def _of(runs: Sequence[Run]) -> Conclusion | None:
    trained = [run for run in pairs.best_first(runs) if readings.summary(run.folder).epochs]
    if len(trained) < 2:
        return None
    shapes = {run.id: shape for run in trained if (shape := _shape(run))}
    told, left_out = tuple(_of_shapes(trained, shapes)), tuple(_left_out(runs))
    if pending := sum(not run.ended for run in runs):  # nothing is final yet
        more = f"{words.count(pending, 'run')} {'has' if pending == 1 else 'have'} not ended yet"
        headline = f"{_lead(trained[0], trained[1:])} so far; {more}."
        return Conclusion(trained[0], headline, shapes=told, left_out=left_out)
    ranked = pairs.scored(trained)
    if len(ranked) < 2:
        headline = f"{_lead(trained[0], trained[1:])}. A comparison needs two runs with scores."
        return Conclusion(trained[0], headline, shapes=told, left_out=left_out)
    different, same = _without_same_trainings(ranked)
    compared = [
        (other, each)
        for other, each in (pairs.with_best(different) if len(different) > 1 else [])
        if each and not differences.differ_only_in_seeds(ranked[0], other)
    ]
    return Conclusion(
        winner=ranked[0],
        headline=_headline(different, compared),
        luck=tuple(sentence(ranked[0], other, each) for other, each in compared),
        same=tuple(same),
        seeds=tuple(map(_spread, differences.by_seed(different))),
        shapes=told,
        left_out=left_out,
        next=tuple(advice.of(different, [each for _, each in compared], shapes)),
    )


def sentence(first: Run, second: Run, comparison: Comparison) -> str:
    """The comparison of two runs in one or two sentences."""
    kind = f"{SPLIT_WORDS[comparison.split]} photo"
    (correct, other), (count, other_count) = comparison.correct, comparison.count
    names = quoted(first.name), quoted(second.name)
    if comparison.is_same:
        return f"{names[0]} and {names[1]} gave the same answers to all {words.count(count, kind)}."
    if count != other_count or comparison.interval:
        return _by_counts(names, comparison, kind)
    ahead = comparison.ahead
    if not ahead:
        start = f"{names[0]} and {names[1]} got equally many {kind}s right ({correct:,} of {count:,})"
    else:
        more = "more" if ahead > 0 else "fewer"
        start = (
            f"{names[0]} got {abs(ahead):,} {more} of {words.count(count, kind)} right than {names[1]} "
            f"({correct:,} and {other:,})"
        )
    left_out = ""
    if comparison.left_out:
        photos = words.count(comparison.left_out, "photo")
        left_out = f" {photos} {'is' if comparison.left_out == 1 else 'are'} left out: only one of the runs answered "
        left_out += "it with this class." if comparison.left_out == 1 else "them with this class."
    return f"{start}: {verdict(comparison)}{left_out}"


def verdict(comparison: Comparison) -> str:
    """Whether the gap is luck, as the end of a sentence and perhaps another one."""
    if comparison.is_more_than_luck:
        return f"more than luck. {_often(comparison)}"
    if needed := comparison.photos_needed:
        return (
            "that could be luck. To tell a gap of this size from luck you would need about "
            f"{luck.rounded(needed):,} photos."
        )
    return "that could be luck." if comparison.ahead else "no difference to be seen."


def _often(comparison: Comparison) -> str:
    often = "fewer than 1" if comparison.chance < 0.01 else f"about {100 * comparison.chance:.0f}"
    if comparison.comparisons == 1:
        return f"Equally good models are so far apart in {often} of 100 cases."
    return f"Even among {comparison.comparisons} comparisons, chance alone makes such a gap in {often} of 100 studies."


def _by_counts(names: tuple[str, str], comparison: Comparison, kind: str) -> str:
    (correct, other), (count, other_count) = comparison.correct, comparison.count
    points = 100 * (correct / count - other / other_count)
    low, high = (100 * end for end in comparison.interval or (0.0, 0.0))
    verdict = "more than luck" if comparison.is_more_than_luck else "that could be luck"
    return (
        f"{names[0]} is {abs(points):.1f} points {'ahead of' if points >= 0 else 'behind'} {names[1]} on {kind}s "
        f"({correct:,} of {count:,} and {other:,} of {other_count:,}): {verdict}. The true difference lies between "
        f"{low:+.1f} and {high:+.1f} points, 19 times out of 20. Which photos each got wrong is not stored, so "
        "they are treated as different ones."
    )


def _headline(ranked: Sequence[Run], compared: Sequence[tuple[Run, Comparison]]) -> str:
    start = _lead(ranked[0], ranked[1:])
    if not compared:
        return f"{start}."
    worse = [other.name for other, each in compared if each.is_more_than_luck and each.ahead < 0]
    if worse:
        kind = SPLIT_WORDS[compared[0][1].split]
        verb = "is" if len(worse) == 1 else "are"
        names = words.listed(map(quoted, worse), 3)
        return f"{start}. But on {kind} photos {names} {verb} better, and that is more than luck."
    ahead = [each for _, each in compared if each.is_more_than_luck]
    if len(ahead) == len(compared):
        others = "the other" if len(compared) == 1 else f"each of the other {len(compared)}"
        return f"{start}, and its lead over {others} is more than luck."
    if ahead:
        more = f"{len(ahead)} of the other {len(compared)}"
        return f"{start}. Its lead over {more} is more than luck; the rest may be luck."
    return (
        f"{start}. The gap could be luck." if _equal(ranked[0], ranked[1:]) else f"{start}, but its lead could be luck."
    )


def _lead(winner: Run, others: Sequence[Run]) -> str:
    """Which run has the best validation accuracy."""
    name, best, equal = quoted(winner.name), _best(winner), _equal(winner, others)
    assert best is not None
    if not equal:
        return f"{name} has the best validation accuracy, {best.val_accuracy:.1%} at epoch {best.epoch + 1}"
    losses = [other.val_loss for run in equal if (other := _best(run))]
    lowest = f"; {name} has the lowest loss" if min(losses) > best.val_loss else ""
    names = words.listed((quoted(run.name) for run in equal), 3)
    return f"{name} and {names} have the same best validation accuracy, {best.val_accuracy:.1%}{lowest}"


def _equal(winner: Run, others: Sequence[Run]) -> list[Run]:
    """The other runs with the same best validation accuracy."""
    best = _best(winner)
    return [run for run in others if best and (other := _best(run)) and other.val_accuracy == best.val_accuracy]


def _best(run: Run) -> Epoch | None:
    return readings.summary(run.folder).best


def _without_same_trainings(ranked: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """The runs, each training once, and a sentence about each repetition."""
    different: list[Run] = []
    sentences = []
    for run in ranked:
        twin = next((other for other in different if differences.is_same_training(run, other)), None)
        if twin is None:
            different.append(run)
        else:
            sentences.append(
                f"{quoted(run.name)} is the same training as {quoted(twin.name)}: the same settings and seeds. It "
                "tells nothing new; change the seed to see the spread."
            )
    return different, sentences


def _spread(group: Sequence[Run]) -> str:
    best = [each.val_accuracy for run in group if (each := _best(run))]
    tests = [score.correct / max(1, score.count) for run in group if (score := folder.scores(run.folder).get("test"))]
    values = [("validation", best)] + ([("test", tests)] if len(tests) == len(group) else [])
    figures = " and ".join(
        f"{mean(each):.1%} ± {100 * stdev(each):.1f} points on {SPLIT_WORDS[split]} photos"
        for split, each in values
        if len(each) > 1
    )
    return (
        f"{words.count(len(group), 'run')} differ only in their seeds ({_names(group)}): {figures} (mean ± standard "
        "deviation). A gap of that size says nothing about settings."
    )


def _shape(run: Run) -> Shape | None:
    """What one sees in the curves of a run that has ended with scores."""
    try:
        report = readings.report(run.folder)
    except RunError:  # the view of this run shows the error
        return None
    if report is None:
        return None
    photos = report.scores.validation.count
    return curve_shapes.of(readings.curves(run.folder).curves, run.config, len(report.labels), photos)


def _of_shapes(ranked: Sequence[Run], shapes: dict[str, Shape]) -> list[str]:
    """One sentence for each kind of shape, with the runs that have it."""
    sentences = []
    for key in curve_shapes.KEYS:
        group = [run for run in ranked if run.id in shapes and shapes[run.id].key == key]
        if group:
            others = f" The same is true of {_names(group[1:])}." if len(group) > 1 else ""
            sentences.append(f"{quoted(group[0].name)}: {shapes[group[0].id].sentence}{others}")
    return sentences


def _left_out(runs: Sequence[Run]) -> list[str]:
    """A sentence about each run that has ended and can't be compared."""
    sentences = []
    for run in runs:
        if run.ended and not folder.scores(run.folder):
            epochs = readings.summary(run.folder).epochs
            ended = (
                f"it ended after {words.count(epochs, 'epoch')}, without scores"
                if epochs
                else ("it ended before its first epoch")
            )
            sentences.append(f"{quoted(run.name)} can't be compared ({run.state}): {run.status.error or ended}")
    return [sentence if sentence.endswith(".") else f"{sentence}." for sentence in sentences]


def _names(runs: Sequence[Run]) -> str:
    return words.listed((quoted(run.name) for run in runs), 4)
