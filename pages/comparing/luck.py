"""Compare, in words: how many test photos lie between runs, and whether that is more than luck."""

import streamlit as st

from core.runs import comparison
from core.runs.comparison import Comparison
from core.runs.folder import Run, read_curves
from pages.frame import markdown


def show(runs: list[Run]) -> None:
    """The run with the best validation accuracy against each of the others."""
    first = max(runs, key=_validation)
    pairs = [(other, comparison.compare(first, other)) for other in runs if other is not first]
    lines = [sentence(first.name, other.name, found) for other, found in pairs if found]
    st.subheader("More than luck?", anchor=False)
    if not lines:
        st.caption("A comparison needs two runs with scores on test photos.")
        return
    st.markdown("\n".join(f"- {line}" for line in lines))
    many = " Of twenty comparisons between equally good models one looks like more than luck." if len(lines) > 1 else ""
    st.caption(f"On the test photos; the first is the one that is best on the validation photos.{many}")


def sentence(first: str, second: str, found: Comparison) -> str:
    """One comparison in plain words."""
    one, other = f"**{markdown.plain(first)}**", f"**{markdown.plain(second)}**"
    return f"{one} {_gap(found)} {other} ({_counts(found)}): {_verdict(found)}"


def _validation(run: Run) -> float:
    best = read_curves(run.folder).best
    return best.val_accuracy if best else -1.0


def _gap(found: Comparison) -> str:
    if found.count[0] != found.count[1]:
        points = 100 * (found.correct[0] / found.count[0] - found.correct[1] / found.count[1])
        return f"is {abs(points):.1f} points {'ahead of' if points >= 0 else 'behind'}"
    if not found.ahead:
        return "has as many test photos right as"
    photos = f"{abs(found.ahead)} test photo{'s' if abs(found.ahead) > 1 else ''}"
    return f"is {photos} {'ahead of' if found.ahead > 0 else 'behind'}"


def _counts(found: Comparison) -> str:
    (correct, other), (count, other_count) = found.correct, found.count
    return f"{correct} and {other} of {count}" if count == other_count else (
        f"{correct} of {count} and {other} of {other_count}"
    )  # fmt: skip


def _verdict(found: Comparison) -> str:
    verdict = "**more than luck**" if found.is_more_than_luck else "**may well be luck**"
    if found.only is not None and found.chance is not None:
        often = "fewer than 1" if found.chance < 0.01 else f"{100 * found.chance:.0f}"
        return (
            f"{verdict}. {found.only[0]} photos only the first had right, {found.only[1]} only the second; between "
            f"equally good models such a gap or a wider one comes in {often} of 100 cases."
        )
    assert found.interval is not None
    low, high = (100 * end for end in found.interval)
    return (
        f"{verdict}. The true difference lies between {low:+.1f} and {high:+.1f} points, 19 times of 20, taking the "
        "photos as different ones: which of them each got wrong is not known for both."
    )
