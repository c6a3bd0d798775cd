"""The findings about a dataset, the most important kinds first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from core import words
from core.datasets.folders import SPLIT_WORDS
from core.datasets.measures import Measure
from core.datasets.sessions import Union
from core.files.names import printable_name
from core.photos import finding
from core.reviewing import classes, copies, labels
from core.reviewing.findings import COPIES, UNUSABLE, Finding, Kind
from core.reviewing.subject import Progress, Subject

DARK = 13.0  # lightness, 0 to 100; the darkest of 3,781 real photos has 15
BLANK = 2.0  # its deviation; the flattest real photo has 4
BLANK_DARK = 0.6  # of dark photos
BLURRED = 0.2  # sharpness; the real photos have .21 and more, blurred ones .2 and less
TINY = 64  # px of the shorter side
EXTREME = 3.0  # times as long as wide
COMPANIONS = 6  # photos shown beside those to decide about


def inspect(subject: Subject, progress: Progress | None = None) -> list[Finding]:
    """All findings about a dataset."""
    copied = _copies(subject, progress)
    across_splits = {photo for each in copied if each.kind is Kind.COPY_ACROSS_SPLITS for photo in each.doubtful}
    if progress:
        progress("Judging the classes", 0, 1)
    return list(chain(
        _unusable(subject),
        copied,
        _labels(subject),
        _backdrops(subject, across_splits),
        classes.findings(subject),
        _passed_over(subject.dataset.passed_over),
    ))  # fmt: skip


def _unusable(subject: Subject) -> Iterator[Finding]:
    """Photos that can't be read, or from which nothing can be learned."""
    by_kind: dict[Kind, list[Finding]] = {kind: [] for kind in UNUSABLE}
    for name, measure in zip(subject.names, subject.measures, strict=True):
        if found := _fault(measure):
            kind, reason = found
            by_kind[kind].append(Finding(kind=kind, photos=(name,), reason=reason, remedy="leave out"))
    yield from chain.from_iterable(by_kind.values())


def _fault(measure: Measure) -> tuple[Kind, str] | None:
    if measure.error:
        return Kind.UNREADABLE, measure.error
    is_dark = measure.brightness < DARK
    shorter, longer = sorted((measure.width, measure.height))
    if measure.contrast < (BLANK_DARK if is_dark else BLANK):
        return Kind.BLANK, f"It shows nothing: the lightness varies by {measure.contrast:.1f} of 100."
    if is_dark:
        return Kind.DARK, f"Its mean lightness is {measure.brightness:.0f} of 100."
    if shorter < TINY:
        return Kind.TINY, f"It has only {measure.width} × {measure.height} pixels."
    if measure.sharpness < BLURRED:
        return Kind.BLURRED, f"Its sharpness is {measure.sharpness:.2f}; sharp photos have {2 * BLURRED:.1f} or more."
    if longer > EXTREME * shorter:
        return Kind.EXTREME, f"It is {longer / shorter:.1f} times as long as wide ({measure.width} × {measure.height})."
    return None


def _copies(subject: Subject, progress: Progress | None) -> list[Finding]:
    """Copies across splits, then those across classes, then those within a class and split."""
    step = (lambda done, total: progress("Comparing photos", done, total)) if progress else None
    pairs = copies.pairs(subject.paths, subject.measures, subject.vectors, step)
    alike = Union(sorted({place for pair in pairs for place in pair}))
    for first, second in pairs:
        alike.join(first, second)
    found = [_copy(subject, places) for places in alike.groups()]
    return sorted(found, key=lambda finding: COPIES.index(finding.kind))


def _copy(subject: Subject, places: list[int]) -> Finding:
    """The finding about photos that are copies of each other."""
    splits, labels = {subject.splits[place] for place in places}, {subject.label(place) for place in places}
    is_equal = len({subject.measures[place].key for place in places}) == 1
    listed = " and ".join(printable_name(subject.names[place]) for place in places[:2])
    more = f" ({len(places)} in all)" if len(places) > 2 else ""
    reason = f"{listed}{more} are {'the same photo' if is_equal else 'almost the same photo'}"
    if len(splits) > 1:
        home = "train" if "train" in splits else "validation"
        return Finding(
            kind=Kind.COPY_ACROSS_SPLITS,
            photos=_names(subject, sorted(places, key=lambda place: subject.splits[place] == home)),
            about=sum(subject.splits[place] != home for place in places),
            reason=f"{reason} in different splits: scores on it mean nothing.",
            remedy="split",
            to=home,
        )
    if len(labels) > 1:
        return Finding(
            kind=Kind.COPY_ACROSS_CLASSES,
            photos=_names(subject, places),
            about=len(places),
            reason=f"{reason} in different classes: one of them is wrong.",
        )
    photos = _names(subject, places[::-1])  # the first one in the dataset's order stays
    return Finding(kind=Kind.COPY, photos=photos, about=len(places) - 1, reason=f"{reason}.", remedy="leave out")


def _names(subject: Subject, places: Sequence[int]) -> tuple[str, ...]:
    return tuple(subject.names[place] for place in places)


def _labels(subject: Subject) -> Iterator[Finding]:
    for doubt in labels.doubts(subject.vectors, subject.labels, subject.sessions):
        likely = subject.dataset.classes[doubt.label]
        yield Finding(
            kind=Kind.LABEL,
            photos=(subject.names[doubt.place],),
            reason=f"Labelled {words.quoted(subject.label(doubt.place))} ({_percent(doubt.own)} likely), but looks "
            f"more like {words.quoted(likely)} ({_percent(doubt.likely)}).",
            remedy="class",
            to=likely,
        )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"


def _backdrops(subject: Subject, copied: set[str]) -> Iterator[Finding]:
    """Validation and test photos with the backdrop of training photos; one finding for each session."""
    companions: dict[int, set[int]] = defaultdict(set)  # photo that is not for training → training photos
    for pair in subject.backdrops:
        for place, other in ((pair.first, pair.second), (pair.second, pair.first)):
            if subject.splits[place] != "train" and subject.splits[other] == "train":
                companions[place].add(other)
    by_session: dict[int, list[int]] = defaultdict(list)
    for place in sorted(companions):
        if subject.names[place] not in copied:
            by_session[subject.sessions[place]].append(place)
    for places in sorted(by_session.values(), key=len, reverse=True):
        others = sorted(set().union(*(companions[place] for place in places)))
        counts = [
            words.count(count, f"{SPLIT_WORDS[split]} photo")
            for split in ("validation", "test")
            if (count := sum(subject.splits[place] == split for place in places))
        ]
        verb = "was" if len(places) == 1 else "were"
        training = words.count(len(others), "training photo")
        yield Finding(
            kind=Kind.BACKDROP,
            photos=_names(subject, (*places, *others[:COMPANIONS])),
            about=len(places),
            reason=f"{' and '.join(counts)} {verb} taken in front of the same backdrop as {training}.",
            remedy="split",
            to="train",
        )


def _passed_over(passed_over: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for sentence in finding.sentences(passed_over):
        yield Finding(kind=Kind.PASSED_OVER, reason=sentence)
