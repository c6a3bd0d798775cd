"""What to try after a study, the most promising first."""

from collections.abc import Mapping, Sequence

from core.comparing import curve_shapes, differences
from core.comparing.curve_shapes import Shape
from core.comparing.pairs import Comparison
from core.comparing.repeats import Gap
from core.runs import queue, readings
from core.runs.folder import Run
from core.runs.records import RunState
from core.runs.settings import SETTINGS
from core.words import quoted

MOST = 3


def of(ranked: Sequence[Run], compared: Sequence[Comparison | Gap], shapes: Mapping[str, Shape]) -> list[str]:
    """Sentences about the best of these runs and its settings."""
    winner, tips = ranked[0], []
    names = [name for name in differences.differing(ranked) if name not in differences.SEEDS]
    if len(names) == 1 and names[0] in differences.NUMBERS and (tip := _beyond(names[0], ranked)):
        tips.append(tip)
    shape = shapes.get(winner.id)
    if shape and shape.key == "unfinished":
        tips.append(f"Train {quoted(winner.name)} for more epochs: its loss was still falling.")
    if shape and shape.key == "overfits":
        tips.append(f"Give {quoted(winner.name)} augmentation or more dropout: it overfits.")
    has_seeds = any(winner in group for group in differences.by_seed(ranked))
    if not has_seeds and compared and not all(each.is_more_than_luck for each in compared):
        tips.append("Repeat the best settings with other seeds: runs that differ less than seeds do are equally good.")
    if shape is None and _is_settled(winner) and queue.has_frozen_backbone(winner):
        tips.append(f"Fine-tune {quoted(winner.name)}: its head has settled, and now its backbone can learn too.")
    return tips[:MOST]


def _is_settled(run: Run) -> bool:
    return run.state is RunState.DONE and readings.summary(run.folder).epochs >= curve_shapes.LEAST


def _beyond(name: str, ranked: Sequence[Run]) -> str:
    """The tip to go on beyond the largest or smallest value, if that one won and the setting allows more."""
    values = sorted({float(getattr(run.config, name)) for run in ranked})
    best = float(getattr(ranked[0].config, name))
    if len(values) < 3 or best not in (values[0], values[-1]) or name == "seed":
        return ""
    if name == "epochs":
        return "The longest training won: train for more epochs." if best == values[-1] else ""
    setting, is_low = SETTINGS[name], best == values[0]
    bound = setting.low if is_low else setting.high
    if best == 0 or best == bound:
        return ""
    extreme, way = ("smallest", "smaller") if is_low else ("largest", "larger")
    return f"The {extreme} {setting.label.lower()} won ({best:g}): a {way} one may be better still."
