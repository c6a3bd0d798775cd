"""A stage of a search at work: it queues trials, ends weak ones early and tells the proposals what came of them."""

import time
from collections.abc import Sequence
from typing import Any

from core import words
from core.errors import ClusterError, SearchError, SettingsError
from core.runs import launch, queue
from core.runs.config import RunConfig, config
from core.searching import proposals, space, trials
from core.searching.journal import Journal
from core.searching.proposals import Proposal, Proposals, Told
from core.searching.records import StageKey, StageRecord, Trial, TrialState

MOST_FAILURES = 5  # runs in a row without a finished epoch
MOST_REFUSED = 50  # proposals in a row that no run can have
PATIENCE = 120.0  # s for which a run that can't be queued is tried again: a full disk, an unreachable cluster


class Trying:
    """The trials of one stage."""

    def __init__(self, journal: Journal, record: StageRecord, cost: float, told: Sequence[Told] = ()) -> None:
        """`cost` is the estimated time of the first trial, in seconds. `told` is what is known beside the trials."""
        self._journal, self._record, self._cost = journal, record, cost
        self._base = config(**record.base)
        earlier = [
            (trial.values, trial.value, trial.state is TrialState.ENDED_EARLY)
            for trial in journal.of(record)
            if trial.value is not None and trial.values
        ]
        self._proposals = Proposals(
            record.dimensions, journal.search.wanted.seed, _epochs(self._base), [*told, *earlier]
        )
        self._open: dict[str, Proposal] = {}  # by run
        self._given_up: set[str] = set()  # runs that were asked to stop early
        self._refused = 0
        self._trouble_since = 0.0
        for trial in journal.of(record):
            if trial.state is TrialState.RUNNING and trial.values:  # the process died meanwhile
                self._open[trial.run] = self._proposals.these(trial.values)

    def adopt(self, run_id: str, values: dict[str, Any]) -> None:
        """Take the run that was queued with the search as the first trial; no values if they are outside of the
        space."""
        if values:
            self._open[run_id] = self._proposals.these(values)
        self._journal.add(Trial(run=run_id, stage=self._record.key, values=values, is_base=True))

    def run(self, most: int, planned: dict[str, Any] | None = None) -> None:
        """Go on until the stage's time is over, until there are `most` trials in all or every point was tried.

        `planned` values are tried first. Raises StoppedError on request, SearchError if trial after trial fails, and
        what keeps runs from being queued.
        """
        exhausted = False
        while True:
            self._journal.check_stop()
            self._collect()
            if not exhausted and self._may_start(most):
                try:
                    exhausted, planned = not self._start(planned), None
                    continue
                except (ClusterError, OSError) as error:
                    self._bear(error)
            if not self._journal.running() and (exhausted or not self._may_start(most)):
                break
            self._journal.pause()

    def _may_start(self, most: int) -> bool:
        progress, running = self._journal.progress, len(self._journal.running())
        if running >= self._journal.search.wanted.parallel or len(progress.trials) >= most:
            return False
        ended = sum(trial.state is not TrialState.RUNNING for trial in self._journal.of(self._record))
        is_first_stage = progress.stages[0].key == self._record.key
        if not ended and not running:
            return is_first_stage or self._fits()
        each = (progress.spent - self._record.began) / ended if ended else self._cost
        return progress.spent + each * (running + 1) <= self._record.until

    def _fits(self) -> bool:
        """Whether the first trial of a later stage fits into the time; if not, the stage says so."""
        left = max(0.0, self._record.until - self._journal.progress.spent)
        if self._cost <= left:
            return True
        sentence = (
            f"{StageKey(self._record.key).label} was left out: one trial takes about {words.duration(self._cost)}, and "
            f"{words.duration(left)} were left. Give the search more time."
        )
        if sentence not in self._record.note:
            note = f"{self._record.note} {sentence}".strip()
            self._record = self._record.model_copy(update={"note": note})
            self._journal.change_stage(self._record.key, note=note)
        return False

    def _start(self, planned: dict[str, Any] | None) -> bool:
        """Queue the next trial; returns whether there is one. Raises ClusterError, OSError."""
        proposal = self._proposals.these(planned) if planned else self._proposals.next()
        if proposal is None:
            return False
        search = self._journal.search
        name = f"trial {len(self._journal.progress.trials) + 1}"
        try:
            settings = space.applied(self._base, proposal.values, trial=True, name=name, study=search.id)
            run_id = queue.put(settings, search.wanted.device, search.wanted.name)
        except SettingsError as error:  # each value is possible, but not all of them together
            self._proposals.tell(proposal, None)
            self._refused += 1
            if self._refused >= MOST_REFUSED:
                raise SearchError(f"No more of these settings can be combined. The last try said: {error}") from None
            return True
        except (ClusterError, OSError):
            self._proposals.forget(proposal)
            raise
        self._refused, self._trouble_since = 0, 0.0
        self._open[run_id] = proposal
        self._journal.add(Trial(run=run_id, stage=self._record.key, values=proposal.values))
        launch.ensure_worker()
        return True

    def _bear(self, error: Exception) -> None:
        """Raise the error if runs could not be queued for too long."""
        self._trouble_since = self._trouble_since or time.monotonic()
        if time.monotonic() - self._trouble_since > PATIENCE:
            raise error

    def _collect(self) -> None:
        """Follow the running trials: end weak ones early, and note those that have ended."""
        for trial in self._journal.running():
            reading, proposal = trials.read(trial.run), self._open.get(trial.run)
            is_followed = trial.run not in self._given_up and not reading.ended
            if is_followed and proposal and not all(proposal.report(*each) for each in reading.epochs):
                self._given_up.add(trial.run)
                trials.stop(trial.run)
            if reading.ended:
                self._close(trial, reading)

    def _close(self, trial: Trial, reading: trials.Reading) -> None:
        closed = trials.ended(trial, reading)
        if proposal := self._open.pop(trial.run, None):
            self._proposals.tell(proposal, closed.value, closed.state is TrialState.ENDED_EARLY)
        self._journal.close(closed)
        trials.make_small(trial.run)
        told = [(each.values, each.value) for each in self._journal.of(self._record) if each.value and each.values]
        if found := proposals.importance(self._record.dimensions, told):
            self._journal.change_stage(self._record.key, importance=found)
        last = self._journal.progress.trials[-MOST_FAILURES:]
        if len(last) == MOST_FAILURES and all(each.state is TrialState.FAILED for each in last):
            raise SearchError(f"The last {MOST_FAILURES} trials failed. The last one said: {reading.error}")


def _epochs(base: RunConfig) -> int:
    """The epochs of a trial in which it can show how good it is."""
    return base.fine_tune.epochs if base.fine_tune else base.epochs
