"""What comparisons say, in sentences for the pages, the shell and the report."""

from core import words
from core.comparing import luck
from core.comparing.pairs import Comparison
from core.comparing.repeats import Gap, Repeated
from core.datasets.folders import SPLIT_WORDS
from core.runs.folder import Run
from core.words import quoted


def of_runs(first: Run, second: Run, comparison: Comparison) -> str:
    """The comparison of two runs in one or two sentences."""
    kind = f"{SPLIT_WORDS[comparison.split]} photo"
    (correct, other), (count, other_count) = comparison.correct, comparison.count
    names = quoted(first.name), quoted(second.name)
    if comparison.is_same:
        return f"{names[0]} and {names[1]} gave the same answers to all {words.count(count, kind)}."
    if count != other_count or comparison.interval:
        return _by_counts(names, comparison, kind)
    ahead = comparison.ahead
    if not ahead:
        start = f"{names[0]} and {names[1]} got equally many {kind}s right ({correct:,} of {count:,})"
    else:
        more = "more" if ahead > 0 else "fewer"
        start = (
            f"{names[0]} got {abs(ahead):,} {more} of {words.count(count, kind)} right than {names[1]} "
            f"({correct:,} and {other:,})"
        )
    left_out = ""
    if comparison.left_out:
        photos = words.count(comparison.left_out, "photo")
        left_out = f" {photos} {'is' if comparison.left_out == 1 else 'are'} left out: only one of the runs answered "
        left_out += "it with this class." if comparison.left_out == 1 else "them with this class."
    return f"{start}: {verdict(comparison)}{left_out}"


def verdict(comparison: Comparison) -> str:
    """Whether the gap is luck, as the end of a sentence and perhaps another one."""
    if comparison.is_more_than_luck:
        return f"more than luck. {_often(comparison)}"
    if comparison.is_lost_among_others:
        return (
            f"that could be luck among {comparison.comparisons} comparisons, although it would be more than luck if "
            "only these two runs were compared: the more one compares, the wider gaps are found by chance."
        )
    if needed := comparison.photos_needed:
        return (
            "that could be luck. To tell a gap of this size from luck you would need about "
            f"{luck.rounded(needed):,} photos."
        )
    return "that could be luck." if comparison.ahead else "no difference to be seen."


def _often(comparison: Comparison) -> str:
    often = _cases(comparison.chance)
    if comparison.comparisons == 1:
        return f"Equally good models are so far apart in {often} of 100 cases."
    return f"Even among {comparison.comparisons} comparisons, chance alone makes such a gap in {often} of 100 studies."


def _by_counts(names: tuple[str, str], comparison: Comparison, kind: str) -> str:
    (correct, other), (count, other_count) = comparison.correct, comparison.count
    points = 100 * (correct / count - other / other_count)
    low, high = (100 * end for end in comparison.interval or (0.0, 0.0))
    verdict = "more than luck" if comparison.is_more_than_luck else "that could be luck"
    return (
        f"{names[0]} is {abs(points):.1f} points {'ahead of' if points >= 0 else 'behind'} {names[1]} on {kind}s "
        f"({correct:,} of {count:,} and {other:,} of {other_count:,}): {verdict}. The true difference lies between "
        f"{low:+.1f} and {high:+.1f} points, 19 times out of 20. Which photos each got wrong is not stored, so "
        "they are treated as different ones."
    )


def of_settings(first: Repeated, second: Repeated, gap: Gap | None) -> str:
    """The comparison of settings that were trained with several seeds."""
    names = quoted(first.name), quoted(second.name)
    if gap is None:
        reason = "some of their runs have no stored answers to the same photos"
        return f"{names[0]} and {names[1]} can't be compared: {reason}."
    kind = f"{SPLIT_WORDS[gap.split]} photos"
    start = (
        f"{names[0]} got {gap.correct[0]:,.1f} of {gap.count:,} {kind} right {_over(first)}, {names[1]} "
        f"{gap.correct[1]:,.1f} {_over(second)}"
    )
    if gap.is_more_than_luck:
        return f"{start}: more than luck. Neither other photos nor other seeds explain such a gap."
    if not gap.ahead:
        return f"{start}: no difference to be seen."
    cause, chance = max(("photos", gap.by_photos), ("seeds", gap.by_seeds), key=lambda each: each[1])
    among = f" among {gap.comparisons} comparisons" if chance < luck.LUCK else ""
    return f"{start}: that could be luck{among}. Other {cause} alone make such a gap in {_cases(chance)} of 100 cases."


def _over(settings: Repeated) -> str:
    return f"on average over {len(settings.runs)} seeds" if len(settings.runs) > 1 else "with its only seed"


def _cases(chance: float) -> str:
    return "fewer than 1" if chance < 0.01 else f"about {100 * chance:.0f}"
