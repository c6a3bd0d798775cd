"""Whether a gap between runs is more than luck, and how many photos would tell."""

import math
from collections.abc import Sequence
from statistics import NormalDist

LUCK = 0.05  # a gap whose corrected chance is below this counts as more than luck
POWER = 0.8  # the probability of noticing a true gap, in `photos_needed`


def holm(chances: Sequence[float]) -> list[float]:
    """The chances (p values) of several comparisons, corrected for their number, in the same order.

    If all compared runs are equally good, the probability that any corrected chance falls below .05 is at most .05
    (Holm 1979, Scandinavian Journal of Statistics 6, p. 65).
    """
    corrected = [0.0] * len(chances)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = highest
    return corrected


def photos_needed(only_first: int, only_second: int, photos: int, comparisons: int = 1) -> int | None:
    """About how many photos would tell a gap of this size from luck, with a probability of POWER; more than `photos`.

    `only_first` and `only_second` count those of `photos` that only one of two runs got right, in one of so many
    comparisons. None without a gap. The formula is that of McNemar's test (Connor 1987, Biometrics 43, p. 207).
    """
    gap = abs(only_first - only_second) / photos if photos else 0.0
    if not gap:
        return None
    apart = (only_first + only_second) / photos
    normal = NormalDist()
    z, z_power = normal.inv_cdf(1 - LUCK / comparisons / 2), normal.inv_cdf(POWER)
    needed = math.ceil(((z * math.sqrt(apart) + z_power * math.sqrt(apart - gap**2)) / gap) ** 2)
    return max(needed, photos + 1)


def chance_of_difference(correct: int, count: int, other_correct: int, other_count: int) -> float:
    """The chance (p value) of such a difference between two shares of different photos, if both runs are equally good.

    The z test with the pooled share (Fleiss, Levin & Paik 2003, Statistical methods for rates and proportions, p. 50).
    """
    pooled = (correct + other_correct) / (count + other_count)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / count + 1 / other_count))
    if not spread:
        return 1.0
    return 2 * (1 - NormalDist().cdf(abs(correct / count - other_correct / other_count) / spread))


def rounded(photos: int) -> int:
    """A number of photos with two digits that count: 2,337 becomes 2,300."""
    step = 10 ** max(0, len(str(photos)) - 2)
    return int(round(photos / step) * step)
