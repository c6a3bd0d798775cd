"""The course of a search: stage after stage of trials, then the best settings once more, with several seeds."""

import time
from typing import Any

from core import words
from core.datasets import catalogue
from core.errors import SearchError
from core.files import records
from core.runs import estimate, launch, queue
from core.runs.config import RunConfig, config
from core.runs.records import RunState
from core.searching import folder, proposals, space, stages, trials
from core.searching.folder import Search
from core.searching.proposals import Proposal, Proposals
from core.searching.records import Phase, StageKey, StageRecord, Trial, TrialState
from core.searching.trials import StoppedError

POLL = 0.2  # s between two looks at the runs
WRITE = 2.0  # s between two records of the time alone
SEEDS = 3  # with which the best settings are trained again
LEAST_SHARE = 0.4  # of the time, at least, is for trials, however long the last runs take
MOST_FAILURES = 5  # runs in a row without a finished epoch


class Course:
    """The state of a search in its process. `progress` is what is written; the rest follows from it."""

    def __init__(self, search: Search) -> None:
        self._search, self._wanted = search, search.wanted
        self._base = search.base
        self._dataset = catalogue.load(self._base.dataset)
        self._photos = {name: len(split) for name, split in self._dataset.splits.items()}
        self.progress = search.progress
        self._proposals: Proposals | None = None
        self._open: dict[str, Proposal] = {}  # by run
        self._given_up: set[str] = set()  # runs that were asked to stop early
        self._clock = self._written = time.monotonic()

    def run(self) -> None:
        """Go on until the end. Raises StoppedError on request, SearchError if no trial finished."""
        self._write(phase=Phase.RUNNING if not self.progress.again else Phase.FINAL)
        if not self.progress.again:
            done = max(0, len(self.progress.stages) - 1)
            for place, key in enumerate(self._wanted.stages):
                if place >= done:
                    self._stage(place, key)
            self._begin_final()
        while not all(trials.read(run_id).ended for run_id in self._final_runs()):
            self._pause()
        self._write(phase=Phase.DONE, words="done")

    # The trials of a stage

    def _stage(self, place: int, key: str) -> None:
        best, until = self._best_settings(), self._until(place)
        if place >= len(self.progress.stages):
            if place and self.progress.spent >= until:
                note = f"{StageKey(key).label} was left out: no time was left. Give the search more time."
                record = StageRecord(key=key, base=best.model_dump(mode="json"), dimensions=(), note=note)
                self._write(stages=(*self.progress.stages, record))
                return
            self._write(words=f"{StageKey(key).label}: preparing")
            record = stages.stage(key, best, self._base, self._wanted.vary, self._dataset)
            record = record.model_copy(update={"began": self.progress.spent})
            self._write(words="", stages=(*self.progress.stages, record))
        record = self.progress.stages[place]
        base = config(**record.base)
        self._open.clear()
        told = self._told(place, record, best)
        self._proposals = Proposals(record.dimensions, self._wanted.seed, _epochs(base), told)
        for trial in self._of(record):
            if trial.state is TrialState.RUNNING:  # the process died meanwhile
                self._open[trial.run] = self._proposals.these(trial.values)
        if place == 0 and not self.progress.trials:
            self._adopt_first(record)
        exhausted = False
        while True:
            self._check_stop()
            self._collect(place, record)
            if not exhausted and self._may_start(place, record, base, until):
                exhausted = not self._start(record, base)
                continue
            if not self._running():
                break
            self._pause()

    def _told(self, place: int, record: StageRecord, best: RunConfig) -> list[proposals.Told]:
        """What the stage knows: its ended trials, and the best settings so far, from which a later stage starts."""
        told: list[proposals.Told] = [
            (trial.values, trial.value) for trial in self._of(record) if trial.value is not None and trial.values
        ]
        winner = self._best()
        if place and winner and winner.value is not None and winner.stage != record.key:
            told.insert(0, (stages.values_of_base(record, best), winner.value))
        return told

    def _adopt_first(self, record: StageRecord) -> None:
        """Take the run that was queued with the search as the first trial."""
        assert self._proposals is not None
        runs = queue.members(self._search.id)
        if not runs:
            return
        values = stages.values_of_base(record, self._base)
        if record.key == StageKey.OWN and not _is_inside(record, values):
            values = {}
        trial = Trial(run=runs[0].id, stage=record.key, values=values, is_base=True)
        if values:
            self._open[trial.run] = self._proposals.these(values)
        self._write(trials=(*self.progress.trials, trial))

    def _may_start(self, place: int, record: StageRecord, base: RunConfig, until: float) -> bool:
        running = len(self._running())
        most = self._wanted.trials * (place + 1) // len(self._wanted.stages)
        if running >= self._wanted.parallel or len(self.progress.trials) >= most:
            return False
        ended = sum(trial.state is not TrialState.RUNNING for trial in self._of(record))
        each = (self.progress.spent - record.began) / ended if ended else self._cost_of_first(base)
        if place and not ended and not running:
            return self._fits_first(record, each, until)
        return self.progress.spent + each * (running + 1) <= until or not (ended or running)

    def _cost_of_first(self, base: RunConfig) -> float:
        """The estimated seconds of a stage's first trial, after those of the stage before."""
        before = [stages.first(self._base, self._wanted.stages).model_copy(update={"trial": True})]
        trial = base.model_copy(update={"trial": True})
        return estimate.seconds([*before, trial], self._photos) - estimate.seconds(before, self._photos)

    def _fits_first(self, record: StageRecord, seconds: float, until: float) -> bool:
        """Whether the first trial of a later stage fits into the time; if not, the stage says so."""
        if self.progress.spent + seconds <= until:
            return True
        left = max(0.0, until - self.progress.spent)
        self._note(
            record,
            f"{StageKey(record.key).label} was left out: one trial takes about {words.duration(seconds)}, and "
            f"{words.duration(left)} were left. Give the search more time.",
        )
        return False

    def _start(self, record: StageRecord, base: RunConfig) -> bool:
        """Queue the next trial; returns whether there is one."""
        assert self._proposals is not None
        proposal = self._proposals.next()
        if proposal is None:
            return False
        number = len(self.progress.trials) + 1
        name = f"trial {number}"
        settings = space.applied(base, proposal.values, trial=True, name=name, study=self._search.id)
        run_id = queue.put(settings, self._wanted.device, self._wanted.name)
        self._open[run_id] = proposal
        trial = Trial(run=run_id, stage=record.key, values=proposal.values)
        self._write(trials=(*self.progress.trials, trial))
        launch.ensure_worker()
        return True

    def _collect(self, place: int, record: StageRecord) -> None:
        """Follow the running trials: end weak ones early, and note those that have ended."""
        for trial in self.progress.trials:
            if trial.state is not TrialState.RUNNING:
                continue
            reading, proposal = trials.read(trial.run), self._open.get(trial.run)
            if proposal and trial.run not in self._given_up:
                for epoch, value in reading.epochs:
                    if not proposal.report(epoch, value) and not reading.ended:
                        self._given_up.add(trial.run)
                        queue.stop(trial.run)
                        break
            if reading.ended:
                self._close(trial, reading, place, record)

    def _close(self, trial: Trial, reading: trials.Reading, place: int, record: StageRecord) -> None:
        closed = trials.ended(trial, reading, trial.run in self._given_up)
        proposal = self._open.pop(trial.run, None)
        if proposal and self._proposals:
            self._proposals.tell(proposal, closed.value, closed.state is TrialState.ENDED_EARLY)
        every = tuple(closed if each.run == trial.run else each for each in self.progress.trials)
        self._write(trials=every)
        told = [(each.values, each.value) for each in self._of(record) if each.value is not None and each.values]
        found = proposals.importance(record.dimensions, told)
        if found:
            changed = self.progress.stages[place].model_copy(update={"importance": found})
            self._write(stages=(*self.progress.stages[:place], changed, *self.progress.stages[place + 1 :]))
        last = every[-MOST_FAILURES:]
        if len(last) == MOST_FAILURES and all(each.state is TrialState.FAILED for each in last):
            raise SearchError(f"The last {MOST_FAILURES} trials failed. The last one said: {reading.error}")

    # The end

    def _begin_final(self) -> None:
        self._check_stop()
        winner = self._best()
        if winner is None:
            errors = [trials.read(trial.run).error for trial in self.progress.trials]
            raise SearchError(
                "No trial finished an epoch, so there is nothing to choose from. "
                f"{next(filter(None, reversed(errors)), 'Give the search more time.')}"
            )
        best = self._final_settings()
        again = tuple(
            self._put(best, f"best settings, seed {best.seed + number}", seed=best.seed + number)
            for number in range(SEEDS)
        )
        base_run = "" if _same(best, self._base) else self._put(self._base, f"{folder.FIRST}, seed {self._base.seed}")
        self._write(phase=Phase.FINAL, again=again, base_run=base_run)

    def _put(self, settings: RunConfig, name: str, **changes: Any) -> str:
        others = {"name": name, "study": self._search.id, "trial": False, "parent": None, **changes}
        full = config(**{**settings.model_dump(mode="json"), **others})
        return queue.put(full, self._wanted.device, self._wanted.name)

    def _final_runs(self) -> list[str]:
        return [*self.progress.again, *([self.progress.base_run] if self.progress.base_run else [])]

    # What the trials have shown so far

    def _running(self) -> list[Trial]:
        return [trial for trial in self.progress.trials if trial.state is TrialState.RUNNING]

    def _of(self, record: StageRecord) -> list[Trial]:
        return [trial for trial in self.progress.trials if trial.stage == record.key]

    def _best(self) -> Trial | None:
        return trials.best(self.progress.trials)

    def _best_settings(self) -> RunConfig:
        """The best settings so far, as a stage goes on from them; at first those to start from."""
        winner = self._best()
        if winner is None or winner.is_base:
            return stages.first(self._base, self._wanted.stages)
        record = next(record for record in self.progress.stages if record.key == winner.stage)
        views = {} if self._wanted.stages == (StageKey.OWN,) else {"views": self._base.views}
        return space.applied(config(**record.base), winner.values, **views)

    def _final_settings(self) -> RunConfig:
        """The best settings, with the fine-tuning that the search started from if none of its stages varied it."""
        best = self._best_settings()
        return best if best.fine_tune else best.model_copy(update={"fine_tune": self._base.fine_tune})

    def _until(self, place: int) -> float:
        """The spent time at which a stage ends: what is left for trials is shared by the stages left."""
        runs = [self._final_settings().model_copy(update={"seed": seed}) for seed in range(SEEDS)]
        total = 60 * self._wanted.minutes
        reserve = min(estimate.seconds([*runs, self._base], self._photos), (1 - LEAST_SHARE) * total)
        left = max(0.0, total - reserve - self.progress.spent)
        return self.progress.spent + left / (len(self._wanted.stages) - place)

    # The record

    def _note(self, record: StageRecord, sentence: str) -> None:
        changed = [
            each.model_copy(update={"note": f"{each.note} {sentence}".strip()}) if each.key == record.key else each
            for each in self.progress.stages
        ]
        self._write(stages=tuple(changed))

    def _check_stop(self) -> None:
        """Raise StoppedError if somebody asked the search to stop."""
        if self._search.must_stop:
            queue.stop_study(self._search.id)
            raise StoppedError

    def _pause(self) -> None:
        """Wait a moment. Raises StoppedError as `_check_stop` does."""
        self._check_stop()
        time.sleep(POLL)
        launch.ensure_worker()
        if self._waits():
            self._clock = time.monotonic()
        if time.monotonic() - self._written > WRITE:
            self._write()

    def _waits(self) -> bool:
        """Whether other runs keep the workers busy: that time is not the search's."""
        open_runs = [trial.run for trial in self._running()]
        states = [trials.read(run_id).state for run_id in open_runs or self._final_runs()]
        return all(state in (RunState.QUEUED, RunState.DONE, RunState.FAILED) for state in states)

    def _write(self, **changes: Any) -> None:
        now = time.monotonic()
        spent = self.progress.spent + now - self._clock
        self._clock = self._written = now
        self.progress = self.progress.model_copy(update={"spent": round(spent, 2), **changes})
        if self._search.folder.is_dir():
            records.write(self._search.folder / folder.PROGRESS, self.progress)


def _epochs(base: RunConfig) -> int:
    """The epochs of a trial in which it can show how good it is."""
    return base.fine_tune.epochs if base.fine_tune else base.epochs


def _is_inside(record: StageRecord, values: dict[str, Any]) -> bool:
    return all(dimension.including(values[dimension.name]) == dimension for dimension in record.dimensions)


def _same(settings: RunConfig, other: RunConfig) -> bool:
    """Whether two runs have the same settings, whatever they are called."""
    own = set(RunConfig.OF_ONE_RUN)
    return settings.model_dump(exclude=own) == other.model_dump(exclude=own)
