"""How good a lesson's model is, in sentences: what it gets right, what it mixes up, and what would help."""

from collections.abc import Mapping, Sequence

from core import words
from core.answering import mixups
from core.answering.card import Card
from core.answering.mixups import Mixup
from core.teaching import lesson
from core.teaching.judging import CurvePoint
from core.teaching.kinds import NONE

STEEP = 0.02  # gain in accuracy since half as many photos, above which more photos still help
UNEVEN = 10.0  # times as many photos of one kind as of another, above which people should know


def headline(card: Card) -> str:
    """'Right on 23 of 30 photos (59% to 88%).'"""
    scores = card.scores.validation
    low, high = scores.interval
    return f"Right on {scores.correct} of {words.count(scores.count, 'photo')} ({low:.0%} to {high:.0%})"


EXPLANATION = (
    "Each photo was answered by a model that had not seen it, nor any photo that was taken together with it. The range "
    "says how much of the score could be luck."
)


def single(card: Card) -> str:
    """A warning if all photos of a kind were taken together; empty otherwise."""
    kinds = card.taught.single if card.taught else ()
    if not kinds:
        return ""
    them = "the kind" if len(kinds) == 1 else "each of the kinds"
    return (
        f"All photos of {them} {words.listed(kinds)} were taken in one sitting, so the score is better than it will be "
        "elsewhere. Add some that were taken at another place or on another day."
    )


def weakest(card: Card) -> str:
    """The kind of which more photos would help most: the one with the most mistakes for its photos; empty if none."""
    confusion = card.scores.validation.confusion
    best, most = "", 0.0
    for place, label in enumerate(card.labels):
        count = sum(confusion[place])
        wrong = count - confusion[place][place] + sum(row[place] for row in confusion) - confusion[place][place]
        if wrong / (count + 1) > most:
            best, most = label, wrong / (count + 1)
    return best


def confused(card: Card) -> list[Mixup]:
    """What the model mixes up most."""
    return mixups.most_frequent(card.scores.validation.confusion, card.labels)


def gain(curve: Sequence[CurvePoint]) -> str:
    """What more photos have brought so far; empty if there are too few to say."""
    if len(curve) < 2:
        return ""
    last = curve[-1]
    before = next((point for point in reversed(curve[:-1]) if point.photos <= last.photos / 2), curve[0])
    more = last.photos - before.photos
    rise = last.accuracy - before.accuracy
    text = (
        f"With {words.count(before.photos, 'photo')} of each kind it was right on {before.accuracy:.0%}, with up to "
        f"{last.photos} on {last.accuracy:.0%}"
    )
    if rise >= STEEP:
        points = 100 * rise / more
        return f"{text}: each further photo of each kind has brought about {points:.1f} points. More photos still help."
    return f"{text}: more photos of the same sort would hardly help now."


def missing(counts: Mapping[str, int]) -> str:
    """What a lesson needs before it can answer; empty if it has enough. `counts` are the photos of each kind."""
    if sum(count >= lesson.LEAST for count in counts.values()) >= 2:
        return ""
    if len(counts) < 2:
        return "Add at least two kinds of things, so that there is something to tell apart."
    needs = [
        f"{words.count(lesson.LEAST - count, 'photo')} of {kind}"
        for kind, count in sorted(counts.items(), key=lambda item: -item[1])
        if count < lesson.LEAST
    ]
    ready = len(counts) - len(needs)
    return f"It answers as soon as two kinds have three photos each. Missing: {' and '.join(needs[: 2 - ready])}."


def progress(counts: Mapping[str, int], labels: Sequence[str], unreadable: int) -> str:
    """What a model with these labels has learned of the kinds, and what it still lacks."""
    waiting = [kind for kind, count in counts.items() if kind not in labels and count]
    parts = [f"It has learned {words.count(len(labels), 'kind')}." if waiting else "It has learned all photos."]
    for kind in waiting:
        need = lesson.LEAST - counts[kind]
        what = f"{words.count(need, 'more photo')}" if need > 0 else "more photos that can be read"
        parts.append(f"{kind} needs {what} before it is learned.")
    if unreadable:
        is_or_are = "is" if unreadable == 1 else "are"
        parts.append(f"{words.count(unreadable, 'photo')} can't be read and {is_or_are} not used: Data says why.")
    return " ".join(parts)


def unevenness(counts: Mapping[str, int]) -> str:
    """A sentence if one kind has many more photos than another; empty otherwise."""
    usable = {kind: count for kind, count in counts.items() if count >= lesson.LEAST and kind != NONE}
    if len(usable) < 2:
        return ""
    most, least = max(usable, key=lambda kind: usable[kind]), min(usable, key=lambda kind: usable[kind])
    if usable[most] < UNEVEN * usable[least]:
        return ""
    return (
        f"There are {usable[most]} photos of {most} and only {usable[least]} of {least}. All kinds count alike, but "
        f"photos of {least} help more now."
    )
