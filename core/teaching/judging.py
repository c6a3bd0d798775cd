"""How good a model is that learned from few photos: each photo is answered by a head that has not seen its session."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.answering import evaluation
from core.answering.likeness import Neighbours
from core.files.records import Part
from core.teaching import fitting
from core.teaching.fitting import Array, Layer, Places, Scale
from core.teaching.material import Material

PENALTIES = (0.3, 1.0, 3.0, 10.0)
USUAL_PENALTY = 3.0
MOST_TO_CHOOSE = 600  # photos up to which the penalty is chosen; with more it matters little
MOST_FOLDS = 10  # with more sessions, several are left out at once
FEW_FOLDS, MANY_PHOTOS = 5, 2000  # with so many photos, half of the folds give the same score
STRETCHES = 3  # into which the photos of a kind are divided that has a single session
SIZES = (1, 2, 3, 5, 10, 20, 50, 100)  # photos of each kind, of the learning curve
DRAWS = 3  # of so many photos
MOST_TO_DRAW = 1500  # photos up to which the learning curve is computed


@dataclass(frozen=True)
class Judgement:
    """What heads answered about photos whose session they had not seen."""

    logits: Array  # (photos, kinds)
    similarities: Array  # (photos,), to the photos of other sessions
    penalty: float
    folds: Places  # of the photos: those of one fold were answered by one head
    single: tuple[str, ...]  # kinds with a single session, whose score flatters

    def right(self, labels: Places) -> NDArray[np.bool_]:
        """Whether the answer to each photo is right."""
        right: NDArray[np.bool_] = self.logits.argmax(axis=1) == labels
        return right


def head(vectors: Array, labels: Places, classes: int, penalty: float) -> Layer:
    """The head that learned from these photos, all kinds alike: for vectors as they are."""
    scale = Scale.of(vectors)
    weights = fitting.balanced(labels, classes)
    return scale.undo(fitting.fit(scale.apply(vectors), labels, classes, penalty, weights))


def head_of(material: Material, penalty: float, learned: NDArray[np.bool_] | None = None) -> Layer:
    """The head that learned from the photos of a lesson, or from those that are `learned`, and their mirror images."""
    places = np.arange(len(material)) if learned is None else np.flatnonzero(learned)
    vectors, labels = material.vectors[places], material.labels[places]
    if len(material.mirrored):
        vectors, labels = np.concatenate([vectors, material.mirrored[places]]), np.tile(labels, 2)
    return head(vectors, labels, len(material.kinds), penalty)


def judge(material: Material) -> Judgement:
    """Answer each photo by a head that has learned from the other sessions only."""
    folds, single = folds_of(material.labels, material.sessions)
    penalties = PENALTIES if len(material) <= MOST_TO_CHOOSE else (USUAL_PENALTY,)
    by_penalty = {penalty: _answered(material, folds, penalty) for penalty in penalties}
    best = min(by_penalty, key=lambda penalty: _loss(by_penalty[penalty], material.labels))
    return Judgement(
        logits=by_penalty[best],
        similarities=_similarities(material.vectors, folds),
        penalty=best,
        folds=folds,
        single=tuple(material.kinds[label] for label in single),
    )


def folds_of(labels: Places, sessions: Sequence[int]) -> tuple[Places, list[int]]:
    """The fold of each photo, and the kinds that have a single session.

    A session is left out as a whole. If a kind has only one, nothing would be left to learn that kind from, so the
    photos of that session are left out in stretches instead.
    """
    sessions_of: dict[int, set[int]] = defaultdict(set)
    for label, session in zip(labels.tolist(), sessions, strict=True):
        sessions_of[label].add(session)
    single = sorted(label for label, own in sessions_of.items() if len(own) == 1)
    divided = {session for label in single for session in sessions_of[label]}
    count = Counter((session, label) for session, label in zip(sessions, labels.tolist(), strict=True))
    seen: Counter[tuple[int, int]] = Counter()
    groups = []
    for label, session in zip(labels.tolist(), sessions, strict=True):
        place = seen[session, label]
        seen[session, label] += 1
        stretches = min(STRETCHES, count[session, label])
        groups.append((session, place * stretches // count[session, label] if session in divided else 0))
    return _gathered(groups, labels), single


def _gathered(groups: Sequence[tuple[int, int]], labels: Places) -> Places:
    """The fold of each photo: each group is in one fold, and there are at most MOST_FOLDS of about the same size.

    No fold has all groups of a kind, or the others could not learn it.
    """
    sizes = Counter(groups)
    filled = [0] * min(FEW_FOLDS if len(groups) > MANY_PHOTOS else MOST_FOLDS, len(sizes))
    fold: dict[tuple[int, int], int] = {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold[group] = filled.index(min(filled))
        filled[fold[group]] += size
    for label in np.unique(labels):
        own = sorted({group for group, other in zip(groups, labels, strict=True) if other == label})
        if len(own) > 1 and len({fold[group] for group in own}) == 1 and len(filled) > 1:
            others = [number for number in range(len(filled)) if number != fold[own[0]]]
            fold[own[0]] = min(others, key=lambda number: filled[number])
            filled[fold[own[0]]] += sizes[own[0]]
    return np.array([fold[group] for group in groups], np.intp)


def _answered(material: Material, folds: Places, penalty: float, chosen: NDArray[np.bool_] | None = None) -> Array:
    """The logits (photos, kinds) of each fold by a head of the other folds, of the `chosen` photos among them."""
    logits = np.zeros((len(material), len(material.kinds)), np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        learned = ~inside if chosen is None else ~inside & chosen
        if learned.any():
            logits[inside] = head_of(material, penalty, learned).logits(material.vectors[inside])
    return logits


def _loss(logits: Array, labels: Places) -> float:
    """The mean surprise about the true kinds, in nats, at the best temperature."""
    return evaluation.cross_entropy(logits, labels, evaluation.temperature(logits, labels))


def _similarities(vectors: Array, folds: Places) -> Array:
    """The similarity of each photo to those of the other folds."""
    similarities = np.ones(len(vectors), np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        if not inside.all():
            similarities[inside] = Neighbours.of(vectors[~inside]).similarity(vectors[inside])
    return similarities


class CurvePoint(Part):
    """A point of the learning curve."""

    photos: int  # of each kind, at most
    accuracy: float


def learning_curve(
    material: Material, judged: Judgement, tick: Callable[[], None] = lambda: None
) -> tuple[CurvePoint, ...]:
    """How good the answers are with fewer photos of each kind, up to all of them; empty for many photos.

    `tick` is called now and then, and may raise to end the work.
    """
    if len(material) > MOST_TO_DRAW:
        return ()
    labels, most = material.labels, int(np.bincount(material.labels).max())
    points = []
    for size in [size for size in SIZES if size < most]:
        accuracies = []
        for draw in range(DRAWS):
            tick()
            logits = _answered(material, judged.folds, judged.penalty, _drawn(labels, size, draw))
            accuracies.append(evaluation.accuracy(logits, labels))
        points.append(CurvePoint(photos=size, accuracy=round(float(np.mean(accuracies)), 4)))
    return (*points, CurvePoint(photos=most, accuracy=round(evaluation.accuracy(judged.logits, labels), 4)))


def _drawn(labels: Places, size: int, seed: int) -> NDArray[np.bool_]:
    """So many photos of each kind, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[order[labels[order] == label][:size]] = True
    return chosen
