"""A setting of the recipe: each photo gets only some of its steps, chosen at random."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.augment.chance import uniforms
from core.augment.transform import Parameter, Stage, Transform

MOST = 20  # steps

CHOICE = Transform(
    key="choice",
    label="Choice of steps",
    explanation="Each photo gets only some of the recipe's steps, others in each view. One strong change at a time "
    "leaves more of the photo than all of them together (TrivialAugment, RandAugment).",
    harm="With few steps in the recipe, most photos get the same ones again and again.",
    stage=Stage.MIXING,
    parameters=(
        Parameter(
            "choice_count",
            "Steps for each photo",
            1,
            MOST,
            default=1,
            neutral=MOST,
            help="How many steps are drawn for a photo in a view, all equally likely; then each happens with its own "
            "probability. Flips, patches and mixing are not part of the choice.",
        ),
    ),
    source="RandAugment (Cubuk et al. 2020, arXiv:1909.13719); TrivialAugment (Müller & Hutter 2021, arXiv:2103.10158)",
    takes_effect="You see its effect when the recipe has several other steps.",
)


def chosen(seed: int, views: ArrayLike, keys: ArrayLike, names: Sequence[str], count: int) -> NDArray[np.bool_]:
    """Which of the transforms with these keys each photo gets, bool (photos, names): `count` of them, or all if there
    are fewer. All sets of transforms are equally likely.

    Each transform has a random number of its own, and the smallest ones win. So the order of the names means nothing,
    and a transform that is added takes the place of another one without changing who won among the rest.
    """
    numbers = np.concatenate([uniforms(seed, views, keys, f"choice {name}", 1) for name in names], axis=1)
    ranks = numbers.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    winners: NDArray[np.bool_] = ranks < count
    return winners
