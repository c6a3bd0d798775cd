"""What to label next: of photos that nobody has sorted yet, those from which a model would learn most."""

import numpy as np

from core.answering import classifier
from core.answering.likeness import unit
from core.answering.shelf import Model
from core.teaching.draft import Suggestion
from core.teaching.fitting import Array, Places
from core.teaching.material import Material, Unsorted

BATCH = 10  # photos at a time
LITTLE = 15  # labelled photos up to which typical photos teach most
NEAREST = 10  # neighbours of a photo
MOST_COMPARED = 2000  # photos with which each is compared


def choose(vectors: Array, probabilities: Array, known: Array, count: int = BATCH) -> Places:
    """The places of the photos to label next, (count,) or fewer, the most instructive one first.

    `vectors` (photos, features) are those of the unlabelled photos, `probabilities` (photos, kinds) the present
    answers, `known` (labelled photos, features) what was learned from. Each choice is the photo with the largest
    product of three: its uncertainty by margin (Scheffer et al. 2001), its distance from everything that is known or
    chosen already (after Sener & Savarese 2018, "Active learning for convolutional neural networks: a core-set
    approach"), and how typical it is of the photos, which counts while little is known: then odd ones teach least
    (Hacohen et al. 2022, "Active learning on a budget: opposite strategies suit high and low budgets").
    """
    middle = (known if len(known) else vectors).mean(axis=0)
    directions = unit(vectors - middle)
    worth = uncertainty(probabilities) * typicality(directions) ** min(1.0, LITTLE / max(1, len(known)))
    distance = np.ones(len(vectors), np.float32)
    if len(known):
        distance = 1 - (directions @ unit(known - middle).T).max(axis=1)
    chosen: list[int] = []
    for _ in range(min(count, len(vectors))):
        product = worth * np.maximum(distance, 1e-6)
        product[chosen] = -1
        best = int(product.argmax())
        chosen.append(best)
        distance = np.minimum(distance, 1 - directions @ directions[best])
    return np.array(chosen, np.intp)


def typicality(directions: Array) -> Array:
    """1 for the photo most like its neighbours among these, 0 for the one least like them: (photos,).

    `directions` is (photos, features), of length 1.
    """
    others = directions[:: max(1, -(-len(directions) // MOST_COMPARED))]
    nearest = min(NEAREST, len(others) - 1)
    if nearest < 1:
        return np.ones(len(directions), np.float32)
    # the most similar of `nearest` + 1 is the photo itself if it is among the others, and is left out
    near = np.sort(np.partition(directions @ others.T, -nearest - 1, axis=1)[:, -nearest - 1 :], axis=1)
    mean = near[:, :-1].mean(axis=1)
    spread = float(mean.max() - mean.min())
    typical: Array = (mean - mean.min()) / spread if spread > 0 else np.ones_like(mean)
    return typical


def uncertainty(probabilities: Array) -> Array:
    """1 where two answers are equally likely, 0 where one is certain: (photos,)."""
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities), np.float32)
    ordered = np.sort(probabilities, axis=1)
    margin: Array = 1 - (ordered[:, -1] - ordered[:, -2])
    return margin


def suggestions(unsorted: Unsorted, material: Material, model: Model) -> tuple[Suggestion, ...]:
    """What to label next, with the answers of the lesson's model. Raises ModelError if it is damaged."""
    if not unsorted.names:
        return ()
    answers = classifier.load(model).answers_to(unsorted.vectors)
    shares = [dict(answer.probabilities) for answer in answers]
    probabilities = np.array([[share[kind] for kind in material.kinds] for share in shares], np.float32)
    chosen = choose(unsorted.vectors, probabilities, material.vectors).tolist()
    return tuple(
        Suggestion(
            photo=unsorted.names[place],
            answer=answers[place].label,
            probability=round(answers[place].probability, 4),
            unsure=answers[place].unsure,
        )
        for place in chosen
    )
