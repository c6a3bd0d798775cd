"""Where a choice is slow on this machine, what would be quicker: other settings, estimated and compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.backbones import BACKBONES, Backbone, backbone
from core.datasets.catalogue import Dataset
from core.runs import estimate
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune

SLOW = 300.0  # s: longer than people like to watch
WORTH = 0.7  # an alternative takes at most this share of the time
MOST = 3  # alternatives that are named


@dataclass(frozen=True)
class Quicker:
    """Another choice, in words, and about how long it takes."""

    change: str
    seconds: float


def quicker(runs: Sequence[RunConfig], dataset: Dataset) -> list[Quicker]:
    """Changes of one setting that save much time, the quickest first; empty where it is quick anyhow."""
    now = estimate.seconds(list(runs), dataset)
    if now <= SLOW:
        return []
    found = []
    for change, settings in _changes(runs):
        other = [run.model_copy(update=settings) for run in runs]
        seconds = estimate.seconds(other, dataset)
        if seconds <= WORTH * now:
            found.append(Quicker(change, seconds))
    return sorted(found, key=lambda one: one.seconds)[:MOST]


def _changes(runs: Sequence[RunConfig]) -> list[tuple[str, dict[str, Any]]]:
    """What could be changed in all of the runs: only settings in which they are alike and that have room below."""
    one = runs[0]

    def alike(name: str) -> bool:
        return len({str(getattr(run, name)) for run in runs}) == 1

    changes: list[tuple[str, dict[str, Any]]] = []
    body = backbone(one.backbone)
    light = BACKBONES["mobilenet_v2"]
    if alike("backbone") and body != light and body.pretrained and light.is_ready(one.image_size):
        changes.append((f"{light.label} instead of {body.label}", {"backbone": light.key}))
    small = max(body.smallest, 150 if body.pretrained else 96)
    if alike("image_size") and one.image_size > small:
        changes.append((f"{small} px instead of {one.image_size} px", {"image_size": small}))
    most = max(run.views_used for run in runs)
    if body.pretrained and alike("views") and most > 1:
        fewer = max(1, most // 4)
        changes.append((f"{fewer} view{'s' if fewer > 1 else ''} instead of {most}", {"views": fewer}))
    if alike("epochs") and one.epochs > 10:
        fewer = max(10, one.epochs // 3)
        changes.append((f"{fewer} epochs instead of {one.epochs}", {"epochs": fewer}))
    if one.fine_tune and alike("fine_tune"):
        changes += [(words, {"fine_tune": settings}) for words, settings in _less_tuning(one.fine_tune, body)]
    return changes


def _less_tuning(now: FineTune, body: Backbone) -> list[tuple[str, FineTune]]:
    """Fine-tuning of fewer blocks, or for fewer epochs."""
    found = []
    few, most = body.blocks // 4, now.blocks or body.blocks
    if most > few:
        of = f"{most} blocks" if now.blocks else "the whole backbone"
        found.append((f"fine-tuning the last {few} blocks instead of {of}", now.model_copy(update={"blocks": few})))
    if now.epochs > 3:
        fewer = max(3, now.epochs // 3)
        words = f"{fewer} epochs of fine-tuning instead of {now.epochs}"
        found.append((words, now.model_copy(update={"epochs": fewer})))
    return found
