"""Doubtful classes: photos whose class a classifier finds unlikely that has not seen them.

Confident learning (C. Northcutt, L. Jiang, I. Chuang: Confident Learning, JAIR 2021): each photo is judged by a
classifier that was fitted to the photos of other sessions, and the lowest probability of a photo's own class comes
first.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.reviewing.features import Array

FOLDS = 5
STRENGTH = 0.01  # of the logistic regression, inverse of its regularisation, on standardised features
ITERATIONS = 200
LEAST_PHOTOS = 4  # of a class to judge its labels
MOST_SHARE = 0.1  # of the photos in the queue; where more are doubtful, the features don't fit the classes
UNLIKELY = 0.25  # probability of a photo's own class below which it is doubted


@dataclass(frozen=True)
class Doubt:
    """A photo whose class is doubtful."""

    place: int
    own: float  # probability of its own class
    label: int  # the likeliest class
    likely: float  # its probability


def doubts(vectors: Array, labels: Sequence[int], sessions: Sequence[int]) -> list[Doubt]:
    """The doubtful photos, the most doubtful first. Photos with rows of NaN, and of tiny classes, are not judged."""
    own = np.asarray(labels)
    probabilities = cross_validated(vectors, own, np.asarray(sessions))
    mine = probabilities[np.arange(len(own)), own] if len(own) else np.zeros(0)
    best = probabilities.argmax(1) if len(own) else np.zeros(0, np.intp)
    doubted = np.flatnonzero(np.isfinite(mine) & (best != own) & (mine < UNLIKELY))
    order = doubted[np.argsort(mine[doubted], kind="stable")][: max(1, int(MOST_SHARE * len(own)))]
    return [
        Doubt(int(place), float(mine[place]), int(best[place]), float(probabilities[place, best[place]]))
        for place in order
    ]


def cross_validated(vectors: Array, labels: NDArray[np.intp], sessions: NDArray[np.intp]) -> NDArray[np.float64]:
    """The probability of each class for each photo, by a classifier fitted to other sessions: (photos, classes).

    Rows of NaN where a photo can't be judged.
    """
    classes = int(labels.max()) + 1 if len(labels) else 0
    probabilities = np.full((len(labels), classes), np.nan)
    counts = Counter(labels.tolist())
    large = [label for label, count in counts.items() if count >= LEAST_PHOTOS]
    usable = np.flatnonzero(np.isfinite(vectors).all(1) & np.isin(labels, large)) if len(labels) else np.zeros(0, int)
    groups = len(set(sessions[usable].tolist())) if len(usable) else 0
    if len(large) < 2 or groups < 2:
        return probabilities
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = StratifiedGroupKFold(min(FOLDS, groups), shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit ranks as well
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer sessions than folds
        for fitted, judged in folds.split(vectors[usable], labels[usable], sessions[usable]):
            if len(set(labels[usable][fitted].tolist())) < 2:
                continue
            model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=ITERATIONS))
            model.fit(vectors[usable][fitted], labels[usable][fitted])
            rows = np.zeros((len(judged), classes))
            rows[:, model.classes_] = model.predict_proba(vectors[usable][judged])
            known = np.isin(labels[usable][judged], model.classes_)
            probabilities[usable[judged[known]]] = rows[known]
    return probabilities
