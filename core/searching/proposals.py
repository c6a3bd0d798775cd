"""What to try next, by Optuna: a tree-structured Parzen estimator proposes, successive halving ends weak trials.

Optuna keeps nothing on the disk: the search's own record has every trial, and from it the proposals begin again. Only
the search's process imports this file; Optuna takes more than a second to import.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.searching.space import DIGITS, Dimension, Space

STARTUP = 8  # trials at random before the estimator has something to go by
REDUCTION = 3  # a trial goes on if it is among the best third after as many epochs
RUNGS = 2  # times a trial may be ended early: after a ninth and a third of its epochs
LEAST_RUNG = 2  # epochs before a trial can be ended early
ATTEMPTS = 40  # proposals that were tried already, in a row
ENOUGH = 10  # trials, from which on the importance of the settings means something

optuna.logging.set_verbosity(optuna.logging.WARNING)

Told = tuple[dict[str, Any], float | None, bool]
"""A trial of before: its values, what came of it, and whether it was ended early."""


class Proposal:
    """Values that are being tried."""

    def __init__(self, trial: optuna.Trial, space: Space, last_rung: float) -> None:
        self._trial, self._last_rung = trial, last_rung
        self.values = {dimension.name: _decoded(dimension, trial.params[dimension.name]) for dimension in space}
        self._reported = -1

    @property
    def point(self) -> str:
        """The values as text: the same values make the same text."""
        return json.dumps(self.values, sort_keys=True)

    def report(self, epoch: int, value: float) -> bool:
        """Note how good it is after an epoch, from 0 on; returns whether it may go on."""
        if epoch <= self._reported:
            return True
        self._reported = epoch
        if epoch + 1 > self._last_rung:  # it has nearly ended: Optuna knows no last rung
            return True
        self._trial.report(value, epoch + 1)
        return not self._trial.should_prune()


class Proposals:
    """The proposals of one stage."""

    def __init__(self, space: Space, seed: int, epochs: int, earlier: Sequence[Told] = ()) -> None:
        """`epochs` of a trial; `earlier` are the trials of this stage that have ended."""
        self._space = space
        self._last_rung = max(LEAST_RUNG, epochs / REDUCTION)
        self._distributions = {dimension.name: _distribution(dimension) for dimension in space}
        self._study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(
                n_startup_trials=STARTUP, multivariate=True, constant_liar=True, seed=seed + len(earlier)
            ),
            pruner=optuna.pruners.SuccessiveHalvingPruner(
                min_resource=max(LEAST_RUNG, epochs // REDUCTION**RUNGS), reduction_factor=REDUCTION
            ),
        )
        self._tried = set[str]()
        for values, value, ended_early in earlier:
            self.tell(self.these(values), value, ended_early)

    def these(self, values: dict[str, Any]) -> Proposal:
        """Chosen values as a proposal."""
        encoded = {dimension.name: _encoded(dimension, values[dimension.name]) for dimension in self._space}
        self._study.enqueue_trial(encoded)
        proposal = self._ask()
        self._tried.add(proposal.point)
        return proposal

    def next(self) -> Proposal | None:
        """Values that were not tried yet; None if every point was tried, or if ATTEMPTS in a row found no new one."""
        if len(self._tried) >= math.prod(dimension.points for dimension in self._space):
            return None
        for _ in range(ATTEMPTS):
            proposal = self._ask()
            if proposal.point not in self._tried:
                self._tried.add(proposal.point)
                return proposal
            self.tell(proposal, None)
        return None

    def _ask(self) -> Proposal:
        return Proposal(self._study.ask(self._distributions), self._space, self._last_rung)

    def forget(self, proposal: Proposal) -> None:
        """Take a proposal back whose run could not be queued; it may come again."""
        self._tried.discard(proposal.point)
        self.tell(proposal, None)

    def tell(self, proposal: Proposal, value: float | None, ended_early: bool = False) -> None:
        """Tell what came of a proposal; None if its run failed."""
        if ended_early:
            self._study.tell(proposal._trial, state=TrialState.PRUNED)
        elif value is None:
            self._study.tell(proposal._trial, state=TrialState.FAIL)
        else:
            self._study.tell(proposal._trial, value)


def importance(space: Space, told: Sequence[tuple[dict[str, Any], float]]) -> dict[str, float]:
    """How much each dimension matters for the value, together 1; empty with too few trials or if all are alike.

    The default of Optuna: PED-ANOVA (Watanabe et al. 2023, IJCAI, "PED-ANOVA: Efficiently quantifying hyperparameter
    importance in arbitrary subspaces").
    """
    if len(told) < ENOUGH or len(space) < 2 or len({value for _, value in told}) < 2:
        return {}
    distributions = {dimension.name: _distribution(dimension) for dimension in space}
    study = optuna.create_study(direction="maximize")
    study.add_trials([_finished(space, distributions, values, value) for values, value in told])
    found = optuna.importance.get_param_importances(study)
    total = sum(found.values())
    return {name: share / total for name, share in found.items()} if total > 0 else {}


def _finished(space: Space, distributions: dict[str, BaseDistribution], values: Any, value: float) -> FrozenTrial:
    encoded = {dimension.name: _encoded(dimension, values[dimension.name]) for dimension in space}
    return create_trial(params=encoded, distributions=distributions, value=value)


def _distribution(dimension: Dimension) -> BaseDistribution:
    if dimension.choices:
        return CategoricalDistribution([json.dumps(choice) for choice in dimension.choices])
    if dimension.is_whole:
        return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.is_logarithmic)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.is_logarithmic)


def _encoded(dimension: Dimension, value: Any) -> Any:
    if dimension.choices:  # 0 and 0.0 are equal, but their texts differ
        return json.dumps(dimension.choices[dimension.choices.index(value)])
    return int(value) if dimension.is_whole else float(value)


def _decoded(dimension: Dimension, value: Any) -> Any:
    """The value as settings have it: a number keeps as many digits as a person would write, within its range."""
    if dimension.choices:
        return json.loads(value)
    if dimension.is_whole:
        return int(value)
    return min(dimension.high, max(dimension.low, float(f"{value:.{DIGITS - 1}g}")))
