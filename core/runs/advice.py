"""Advice for a choice that is slow on this machine: other settings that train faster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.backbone import Backbone
from core.backbones import BACKBONES
from core.datasets.catalogue import Dataset
from core.runs import bodies, estimate
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune

SLOW = 300.0  # s: longer than people like to watch
WORTH = 0.7  # an alternative takes at most this share of the time
MOST = 3  # alternatives on the page


@dataclass(frozen=True)
class Alternative:
    """Another choice, in words, and its estimated time."""

    change: str
    seconds: float


def faster_alternatives(runs: Sequence[RunConfig], dataset: Dataset) -> list[Alternative]:
    """Changes of one setting that save much time, fastest first; empty if the choice is fast enough."""
    now = estimate.seconds(list(runs), dataset)
    if now <= SLOW:
        return []
    alternatives = []
    for change, settings in _changes(runs):
        seconds = estimate.seconds([run.model_copy(update=settings) for run in runs], dataset)
        if seconds <= WORTH * now:
            alternatives.append(Alternative(change, seconds))
    return sorted(alternatives, key=lambda alternative: alternative.seconds)[:MOST]


def _changes(runs: Sequence[RunConfig]) -> list[tuple[str, dict[str, Any]]]:
    """The possible changes, in words and as settings: only settings that all runs share and that can be lowered."""
    run = runs[0]

    def is_shared(name: str) -> bool:
        return len({str(getattr(other, name)) for other in runs}) == 1

    changes: list[tuple[str, dict[str, Any]]] = []
    body = bodies.of(run.backbone)
    light = BACKBONES["mobilenet_v2"]
    if is_shared("backbone") and body != light and body.pretrained and light.is_ready(run.image_size):
        lighter: dict[str, Any] = {"backbone": light.key}
        if run.fine_tune and run.fine_tune.blocks:
            blocks = min(run.fine_tune.blocks, light.blocks)
            lighter["fine_tune"] = run.fine_tune.model_copy(update={"blocks": blocks})
        changes.append((f"{light.label} instead of {body.label}", lighter))
    small = max(body.smallest, 150 if body.pretrained else 96)
    if is_shared("image_size") and run.image_size > small:
        changes.append((f"{small} px instead of {run.image_size} px", {"image_size": small}))
    most = max(other.views_used for other in runs)
    if body.pretrained and is_shared("views") and most > 1:
        fewer = max(1, most // 4)
        changes.append((f"{fewer} view{'s' if fewer > 1 else ''} instead of {most}", {"views": fewer}))
    if is_shared("epochs") and run.epochs > 10:
        fewer = max(10, run.epochs // 3)
        changes.append((f"{fewer} epochs instead of {run.epochs}", {"epochs": fewer}))
    if run.fine_tune and is_shared("fine_tune"):
        changes += [(words, {"fine_tune": settings}) for words, settings in _less_tuning(run.fine_tune, body)]
    return changes


def _less_tuning(now: FineTune, body: Backbone) -> list[tuple[str, FineTune]]:
    """Fine-tuning with fewer blocks, or for fewer epochs."""
    changes = []
    few, most = body.blocks // 4, now.blocks or body.blocks
    if most > few:
        more = f"{most} blocks" if now.blocks else "the whole backbone"
        words = f"fine-tuning the last {few} blocks instead of {more}"
        changes.append((words, now.model_copy(update={"blocks": few})))
    if now.epochs > 3:
        fewer = max(3, now.epochs // 3)
        words = f"{fewer} epochs of fine-tuning instead of {now.epochs}"
        changes.append((words, now.model_copy(update={"epochs": fewer})))
    return changes
