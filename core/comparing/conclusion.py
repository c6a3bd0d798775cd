"""What a study, or any group of runs, has shown: who won, by how many photos, whether it is luck, why, and what next.

Plain sentences, for the pages, the shell and the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from core import words
from core.comparing import advice, curve_shapes, differences, pairs, repeats, sentences
from core.comparing.curve_shapes import Shape
from core.comparing.pairs import Comparison
from core.comparing.repeats import Gap
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
    verdict = _of_repeated(different) if differences.by_seed(different) else _of_single(different)
    return Conclusion(
        winner=verdict.order[0],
        headline=verdict.headline,
        luck=verdict.luck,
        same=tuple(same),
        seeds=tuple(map(_spread, differences.by_seed(different))),
        shapes=told,
        left_out=left_out,
        next=tuple(advice.of(verdict.order, verdict.gaps, shapes)),
    )


@dataclass(frozen=True)
class _Verdict:
    """Who won, and by how much."""

    order: tuple[Run, ...]  # the winner first
    headline: str
    luck: tuple[str, ...]
    gaps: tuple[Comparison | Gap, ...]


def _of_single(ranked: Sequence[Run]) -> _Verdict:
    """The verdict on runs with different settings."""
    compared = [(other, each) for other, each in (pairs.with_best(ranked) if len(ranked) > 1 else []) if each]
    headline = _headline(
        _lead(ranked[0], ranked[1:]),
        bool(_equal(ranked[0], ranked[1:])),
        [(other.name, each) for other, each in compared],
    )
    luck = tuple(sentences.of_runs(ranked[0], other, each) for other, each in compared)
    return _Verdict(tuple(ranked), headline, luck, tuple(each for _, each in compared))


def _of_repeated(ranked: Sequence[Run]) -> _Verdict:
    """The verdict on settings, some of which were trained with several seeds: a seed wins nothing."""
    first, *others = repeated = repeats.of(ranked)
    order = tuple(run for each in repeated for run in each.runs)
    if not others:
        headline = (
            f"{words.count(len(ranked), 'run')} with the same settings: they differ only in their seeds, so none of "
            "them has won. Their gaps are the luck of training."
        )
        return _Verdict(order, headline, (), ())
    compared = repeats.with_best(repeated, pairs.split_for(ranked))
    known = [(other.name, each) for other, each in compared if each]
    over = f" over {len(first.runs)} seeds" if len(first.runs) > 1 else ""
    lead = f"{quoted(first.name)} has the best mean validation accuracy, {first.validation_accuracy:.1%}{over}"
    is_equal = others[0].validation_accuracy == first.validation_accuracy
    luck = tuple(sentences.of_settings(first, other, each) for other, each in compared)
    return _Verdict(order, _headline(lead, is_equal, known), luck, tuple(each for _, each in known))


def _headline(start: str, is_equal: bool, compared: Sequence[tuple[str, Comparison | Gap]]) -> str:
    """Who leads, and whether that is luck. `is_equal` says whether another one is as good on validation photos."""
    if not compared:
        return f"{start}."
    worse = [name for name, each in compared if each.is_more_than_luck and each.ahead < 0]
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
    return f"{start}. The gap could be luck." if is_equal else f"{start}, but its lead could be luck."


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
    repetitions = []
    for run in ranked:
        twin = next((other for other in different if differences.is_same_training(run, other)), None)
        if twin is None:
            different.append(run)
        else:
            repetitions.append(
                f"{quoted(run.name)} is the same training as {quoted(twin.name)}: the same settings and seeds. It "
                "tells nothing new; change the seed to see the spread."
            )
    return different, repetitions


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
    told = []
    for key in curve_shapes.KEYS:
        group = [run for run in ranked if run.id in shapes and shapes[run.id].key == key]
        if group:
            others = f" The same is true of {_names(group[1:])}." if len(group) > 1 else ""
            told.append(f"{quoted(group[0].name)}: {shapes[group[0].id].sentence}{others}")
    return told


def _left_out(runs: Sequence[Run]) -> list[str]:
    """A sentence about each run that has ended and can't be compared."""
    reasons = []
    for run in runs:
        if run.ended and not folder.scores(run.folder):
            epochs = readings.summary(run.folder).epochs
            ended = (
                f"it ended after {words.count(epochs, 'epoch')}, without scores"
                if epochs
                else ("it ended before its first epoch")
            )
            reasons.append(f"{quoted(run.name)} can't be compared ({run.state}): {run.status.error or ended}")
    return [sentence if sentence.endswith(".") else f"{sentence}." for sentence in reasons]


def _names(runs: Sequence[Run]) -> str:
    return words.listed((quoted(run.name) for run in runs), 4)
