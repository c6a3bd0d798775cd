"""Compare in words: how many test photos runs differ by, and whether that is more than luck."""

import streamlit as st

from core import words
from core.runs.comparison import Comparison, compare
from core.runs.folder import Run, read_curves
from pages.frame import markdown


def show(runs: list[Run]) -> None:
    """Compare the run with the best validation accuracy with each of the others."""
    first = max(runs, key=_validation)
    pairs = [(other, compare(first, other)) for other in runs if other is not first]
    lines = [sentence(first.name, other.name, comparison) for other, comparison in pairs if comparison]
    st.subheader("More than luck?", anchor=False)
    if not lines:
        st.caption("A comparison needs two runs with scores on test photos.")
        return
    st.markdown("\n".join(f"- {line}" for line in lines))
    warning = (
        " Of twenty comparisons between equally good models, one looks like more than luck on average."
        if len(lines) > 1
        else ""
    )
    st.caption(f"Scores on the test photos. The first run has the best validation accuracy.{warning}")


def sentence(first: str, second: str, comparison: Comparison) -> str:
    """The comparison of two runs, by name, in plain words."""
    gap, counts = _gap(comparison), _counts(comparison)
    return f"**{markdown.plain(first)}** {gap} **{markdown.plain(second)}** ({counts}): {_verdict(comparison)}"


def _validation(run: Run) -> float:
    best = read_curves(run.folder).best
    return best.val_accuracy if best else -1.0


def _gap(comparison: Comparison) -> str:
    if comparison.count[0] != comparison.count[1]:
        points = 100 * (comparison.correct[0] / comparison.count[0] - comparison.correct[1] / comparison.count[1])
        return f"is {abs(points):.1f} points {'ahead of' if points >= 0 else 'behind'}"
    if not comparison.ahead:
        return "got as many test photos right as"
    photos = f"{abs(comparison.ahead)} test photo{'s' if abs(comparison.ahead) > 1 else ''}"
    return f"is {photos} {'ahead of' if comparison.ahead > 0 else 'behind'}"


def _counts(comparison: Comparison) -> str:
    (correct, other), (count, other_count) = comparison.correct, comparison.count
    return f"{correct} and {other} of {count}" if count == other_count else (
        f"{correct} of {count} and {other} of {other_count}"
    )  # fmt: skip


def _verdict(comparison: Comparison) -> str:
    verdict = "**more than luck**" if comparison.is_more_than_luck else "**may well be luck**"
    if comparison.only is not None and comparison.chance is not None:
        first, second = comparison.only
        often = "fewer than 1" if comparison.chance < 0.01 else f"{100 * comparison.chance:.0f}"
        return (
            f"{verdict}. The first got {words.count(first, 'photo')} right that the second got wrong; the second got "
            f"{second} right that the first got wrong. Equally good models differ at least this much in {often} of "
            "100 cases."
        )
    assert comparison.interval is not None
    low, high = (100 * end for end in comparison.interval)
    return (
        f"{verdict}. The true difference lies between {low:+.1f} and {high:+.1f} points, 19 times out of 20. This "
        "treats the photos as different ones, because it is not known which photos each run got wrong."
    )
