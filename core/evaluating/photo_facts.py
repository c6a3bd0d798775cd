"""The facts about a photo by which an evaluation groups its photos."""

from collections.abc import Callable
from dataclasses import dataclass

from core.datasets.measures import Measure


@dataclass(frozen=True)
class PhotoFact:
    """A number that describes a photo."""

    key: str  # stored in evaluations: never rename
    label: str
    explanation: str
    of: Callable[[Measure], float]
    text: Callable[[float], str]
    unit: str = ""

    def range(self, low: float, high: float) -> str:
        """The values from the lowest to the highest, as text: '300 to 400 px'."""
        ends = dict.fromkeys((self.text(low), self.text(high)))
        return f"{' to '.join(ends)} {self.unit}".strip()


FACTS = (
    PhotoFact(
        key="size",
        label="Size",
        explanation="The shorter side in px.",
        of=lambda measure: min(measure.width, measure.height),
        text=lambda value: f"{value:,.0f}",
        unit="px",
    ),
    PhotoFact(
        key="brightness",
        label="Brightness",
        explanation="The mean lightness: 0 is black, 100 is white.",
        of=lambda measure: measure.brightness,
        text=lambda value: f"{value:.0f}",
    ),
    PhotoFact(  # the sides are as stored, and a photo may have to be turned: so not width / height
        key="proportions",
        label="Proportions",
        explanation="The longer side divided by the shorter one. A network gets every photo squeezed into a square: "
        "the farther from 1, the more it is distorted.",
        of=lambda measure: max(measure.width, measure.height) / min(measure.width, measure.height),
        text=lambda value: f"{value:.2f}",
    ),
)
BY_KEY = {fact.key: fact for fact in FACTS}
