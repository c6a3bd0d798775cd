"""What a search has found, in sentences: the best settings, how sure that is, and what choosing cost."""

from dataclasses import dataclass
from statistics import mean

from core import words
from core.answering.card import Scores
from core.errors import RunError, SettingsError
from core.runs import folder as run_folder
from core.runs.config import RunConfig, config
from core.runs.records import RunState
from core.searching import space, strengths, trials
from core.searching.folder import FIRST, Search
from core.searching.records import Phase, StageKey, Trial

EQUAL = 5e-4  # accuracies that differ by less look alike


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
    """The values of a trial in words, such as "learning rate 0.002, dropout rate 0.3", with those of earlier stages."""
    if trial.is_base:
        return FIRST
    base = config(**next(stage.base for stage in search.progress.stages if stage.key == trial.stage))
    parts = []
    for stage in search.progress.stages:
        for dimension in stage.dimensions:
            if stage.key == trial.stage:
                parts.append(f"{dimension.label.lower()} {dimension.text_of(trial.values[dimension.name])}")
            elif not strengths.transform_of(dimension.name):
                value = space.value_in(base, dimension.name)
                parts.append(f"{dimension.label.lower()} {dimension.text_of(value)}")
        if stage.key == trial.stage:
            break
    return ", ".join(parts)


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
    notes = [stage.note for stage in progress.stages if stage.note]
    if winner is None or winner.accuracy is None:
        return [*notes, *([] if progress.error else ["No trial has finished yet."])]
    stage = StageKey(winner.stage).label.lower()
    lines = [
        f"The best of {words.count(len(progress.trials), 'trial')} is number {number(search, winner)} ({stage}). It "
        f"is right on {_percent(winner.accuracy)} of the validation photos, with {described(search, winner)}."
    ]
    return [*lines, *notes, *_final(search, winner)]


def _final(search: Search, winner: Trial) -> list[str]:
    chosen, unseen = found(search, "validation"), found(search, "test")
    if chosen is None:
        failed = search.progress.phase is Phase.DONE
        return ["The runs with the best settings failed. Look at them below."] if failed else []
    seeds = words.count(len(chosen.again), "seed")
    lines = [
        f"Trained again with {seeds}, these settings are right on {_percent(chosen.accuracy)} of the validation "
        f"photos.{_price(search, winner, chosen.accuracy)}"
    ]
    if unseen is None:
        lines.append(
            "There are no test photos, so these figures flatter: the settings were chosen by the photos that judge "
            "them. Split the dataset on the Data page to know more."
        )
        return lines
    lines.append(
        f"On {unseen.again[0].count} test photos, which the search has never seen, they are right on "
        f"{_percent(unseen.accuracy)}{_against_base(unseen)}."
    )
    return lines


def _price(search: Search, winner: Trial, again: float) -> str:
    """What the choice cost, in a sentence; empty if the last runs differ from the trial by more than their seeds."""
    try:
        last = run_folder.look(search.progress.again[0]).config
        trial = run_folder.look(winner.run).config
    except (RunError, SettingsError):
        return ""
    own = {*RunConfig.OF_ONE_RUN, "seed"}
    if last.model_dump(exclude=own) != trial.model_dump(exclude=own):
        return ""
    price = (winner.accuracy or 0.0) - again
    if price < EQUAL:
        return " So the trial was no lucky hit."
    return f" The trial was {_points(price)} better: it was chosen as the best of all, and that is partly luck."


def _against_base(unseen: Found) -> str:
    if unseen.base is None or unseen.base.accuracy is None:
        return ""
    ahead = unseen.accuracy - unseen.base.accuracy
    side = "as good as" if abs(ahead) < EQUAL else f"{_points(abs(ahead))} {'better' if ahead > 0 else 'worse'} than"
    return (
        f", {side} a run with {FIRST} ({_percent(unseen.base.accuracy)}). Compare says whether that is more than luck"
    )


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
