"""The same run with and without its recipe, trained by a real worker and judged like every study."""

from pathlib import Path

import pytest

from core.augment import recipe
from core.comparing import conclusion
from core.datasets import adding
from core.runs import folder, groups, readings, studies
from core.runs.config import config
from core.runs.records import RunState
from tests.models.conftest import PATIENCE, SMALL, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_both_runs_are_trained_and_compared(tiny_dataset: Path) -> None:
    adding.add_folder("tiny", tiny_dataset)
    base = config(**SMALL, epochs=3, recipe=recipe.to_json((recipe.step("rotation", rotation_range=90),)))
    studies.put(studies.with_and_without(base), base)
    with worker("--idle", "1") as process:
        process.wait(PATIENCE)
    (group,) = groups.of(folder.look_all())
    assert [run.state for run in group.runs] == [RunState.DONE] * 2
    first, second = (readings.curves(run.folder).curves.epochs for run in group.runs)
    assert [epoch.loss for epoch in first] != [epoch.loss for epoch in second]  # the photos differ
    found = conclusion.of(group.runs)
    assert found is not None
    assert found.winner.name in ("with augmentation", "without augmentation")
    assert "augmentation" in " ".join([found.headline, *(line for lines in found.lists().values() for line in lines)])
