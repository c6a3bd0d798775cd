"""What a search has found, in sentences: the best settings, how sure that is, and what choosing cost."""

from dataclasses import dataclass
from statistics import mean

from core import words
from core.answering.card import Scores
from core.datasets.folders import SPLIT_WORDS
from core.errors import RunError, SettingsError
from core.runs import folder as run_folder
from core.runs.records import RunState
from core.searching import trials
from core.searching.folder import FIRST, Search
from core.searching.records import Phase, StageKey, Trial

SHOWN = 8  # settings of a trial in a sentence


@dataclass(frozen=True)
class Found:
    """The final runs of a search that has ended, and what they scored on a split."""

    again: tuple[Scores, ...]  # the best settings, once for each seed
    base: Scores | None  # the settings that the search started from

    @property
    def accuracy(self) -> float:
        """The mean of the seeds."""
        return mean(score.accuracy or 0.0 for score in self.again)


def best(search: Search) -> Trial | None:
    """The best finished trial so far."""
    return trials.best(search.progress.trials)


def described(search: Search, trial: Trial) -> str:
    """The values of a trial in words, such as "learning rate 0.002, dropout 0.31"."""
    labels = {
        dimension.name: dimension.label.lower()
        for stage in search.progress.stages
        if stage.key == trial.stage
        for dimension in stage.dimensions
    }
    parts = [f"{labels[name]} {_text(value)}" for name, value in trial.values.items() if name in labels]
    return ", ".join(parts[:SHOWN]) or "the settings to start from"


def number(search: Search, trial: Trial) -> int:
    """The place of a trial in the search, from 1 on."""
    return search.progress.trials.index(trial) + 1


def found(search: Search, split: str) -> Found | None:
    """What the final runs scored; None before the first of them has."""
    scores = [score for run_id in search.progress.again if (score := _score(run_id, split))]
    return Found(tuple(scores), _score(search.progress.base_run, split)) if scores else None


def sentences(search: Search) -> list[str]:
    """The outcome so far, in plain sentences."""
    progress, winner = search.progress, best(search)
    lines = [stage.note for stage in progress.stages if stage.note]
    if winner is None or winner.accuracy is None:
        return [*lines, "No trial has ended yet." if progress.phase is not Phase.FAILED else ""][: len(lines) + 1]
    stage = StageKey(winner.stage).label.lower()
    lines.insert(
        0,
        f"The best of {words.count(len(progress.trials), 'trial')} is number {number(search, winner)} ({stage}): "
        f"{_percent(winner.accuracy)} of the validation photos, with {described(search, winner)}.",
    )
    return lines + _final(search, winner)


def _final(search: Search, winner: Trial) -> list[str]:
    chosen, unseen = found(search, "validation"), found(search, "test")
    if chosen is None:
        return []
    seeds = words.count(len(chosen.again), "seed")
    price = (winner.accuracy or 0.0) - chosen.accuracy
    lines = [
        f"Trained again with {seeds}, these settings are right on {_percent(chosen.accuracy)} of the validation "
        "photos. "
        + (
            f"The trial was {_points(price)} better because it was chosen for being the best: that much was luck."
            if price > 0
            else "So the trial was no lucky hit."
        )
    ]
    if unseen is None:
        lines.append(
            "There are no test photos, so these figures flatter: the settings were chosen by the photos that judge "
            "them. Split the dataset on the Data page to know more."
        )
        return lines
    count = unseen.again[0].count
    judged = (
        f"On {count} {SPLIT_WORDS['test']} photos, which the search has never seen, they are right on "
        f"{_percent(unseen.accuracy)}"
    )
    lines.append(f"{judged}{_against_base(unseen)}.")
    return lines


def _against_base(unseen: Found) -> str:
    if unseen.base is None or unseen.base.accuracy is None:
        return ""
    ahead = unseen.accuracy - unseen.base.accuracy
    side = "as good as" if abs(ahead) < 5e-4 else f"{_points(abs(ahead))} {'better' if ahead > 0 else 'worse'} than"
    return f", {side} {FIRST} ({_percent(unseen.base.accuracy)})"


def _score(run_id: str, split: str) -> Scores | None:
    if not run_id:
        return None
    try:
        run = run_folder.look(run_id)
    except (RunError, SettingsError):
        return None
    return run_folder.scores(run.folder).get(split) if run.state is RunState.DONE else None


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if value is None:
        return "all"
    return "none" if value == [] else " + ".join(map(str, value)) if isinstance(value, list) else str(value)
