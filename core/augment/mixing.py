"""Transforms that mix a photo with another training photo. The labels mix in the same shares."""

from functools import lru_cache

import numpy as np

from core.augment.transform import Equivalent, Floats, KerasEquivalent, Parameter, Stage, Transform, Values

POINTS = 4097  # of the table that turns uniform numbers into shares; the error is below 1e-5
ALPHA_HELP = (
    "Shares are drawn from the distribution Beta(alpha, alpha): at 0.2 most photos stay almost whole, at 1 all shares "
    "are equally likely, above 1 those near one half are likelier. 0 mixes nothing."
)
HARM = "Nobody takes photos that look like these. In a short training run the model may not learn enough from them."
DIFFERS = "It mixes photos of the same batch; ours takes partners from all training photos."


def _smaller_share(u: Floats, alpha: float) -> Floats:
    """The smaller one of the shares λ and 1 - λ with λ ~ Beta(alpha, alpha), from uniform numbers: the quantile
    function, 0 to ½."""
    if alpha == 0:
        return np.zeros_like(u)
    shares: Floats = np.interp(u, *_quantiles(alpha)) ** (1 / alpha) / 2
    return shares


@lru_cache
def _quantiles(alpha: float) -> tuple[Floats, Floats]:
    """The probability that λ is smaller, and t = (2λ)^alpha, in a table. As a function of t the density,
    (1 - λ)^(alpha - 1), has no pole, so the table is exact enough for any alpha."""
    t = np.linspace(0, 1, POINTS)
    density = (1 - t ** (1 / alpha) / 2) ** (alpha - 1)
    cumulated = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return cumulated / cumulated[-1], t


def _mixup_draws(u: Floats, mixup_alpha: float) -> Values:
    return {"share": _smaller_share(u[:, 0], mixup_alpha), "partner": u[:, 1]}


def _whole(height: int, width: int, share: Floats, partner: Floats) -> Floats:
    """The partner lies over the whole photo, with its share as weight."""
    nought = np.zeros(len(share))
    return np.stack([nought, nought, nought + width, nought + height, share], axis=1)


def _cutmix_draws(u: Floats, cutmix_alpha: float) -> Values:
    """The smaller shares from below ½, the larger ones from above."""
    half = u[:, 0] < 0.5
    smaller = _smaller_share(np.where(half, 2 * u[:, 0], 2 - 2 * u[:, 0]), cutmix_alpha)
    share = np.where(half | (cutmix_alpha == 0), smaller, 1 - smaller)
    return {"share": share, "partner": u[:, 1], "x": u[:, 2], "y": u[:, 3]}


def _box(height: int, width: int, share: Floats, partner: Floats, x: Floats, y: Floats) -> Floats:
    """A box with the photo's proportions around any of its points; what lies outside is cut off."""
    side = np.sqrt(share)
    wide, high = np.rint(side * width), np.rint(side * height)
    left, top = np.floor(x * width) - wide // 2, np.floor(y * height) - high // 2
    corners = (
        np.clip(left, 0, width), np.clip(top, 0, height), np.clip(left + wide, 0, width), np.clip(top + high, 0, height)
    )  # fmt: skip
    return np.stack([*corners, np.ones(len(share))], axis=1)


def _cutmix_layer(probability: float, cutmix_alpha: float) -> str | None:
    return f"layers.CutMix(factor=({cutmix_alpha:g}, {cutmix_alpha:g}))" if cutmix_alpha <= 1 else None


MIXUP = Transform(
    key="mixup",
    label="MixUp",
    explanation="Blends the photo with another training photo, and its label with that photo's label, so the model "
    "learns to be sure only where it should be (Zhang et al. 2018).",
    harm=HARM,
    stage=Stage.MIXING,
    parameters=(Parameter("mixup_alpha", "Alpha of MixUp", 0, 2, default=0.2, neutral=0, step=0.05, help=ALPHA_HELP),),
    uniforms=2,
    draw=_mixup_draws,
    mix=_whole,
    caption=lambda share, partner: f"{1 - share:.0%} this photo",
    source="mixup (Zhang et al. 2018, arXiv:1710.09412). The larger share is always this photo's: over all photos the "
    "pairs are the same",
    sweep=(1, 0),
    competes=False,
    keras=KerasEquivalent(
        layer=lambda probability, mixup_alpha: f"layers.MixUp(alpha={mixup_alpha:g})" if mixup_alpha else None,
        layer_differs=DIFFERS,
    ),
    torchvision=Equivalent(
        code=lambda probability, mixup_alpha: f"v2.MixUp(alpha={mixup_alpha:g}, num_classes=…)" if mixup_alpha else None
    ),
)

CUTMIX = Transform(
    key="cutmix",
    label="CutMix",
    explanation="Covers a box of the photo with the same part of another training photo; the label mixes in the shares "
    "of the area, so the model learns from every part (Yun et al. 2019).",
    harm=HARM,
    stage=Stage.MIXING,
    probability=0.5,
    parameters=(
        Parameter("cutmix_alpha", "Alpha of CutMix", 0, 2, default=1.0, neutral=0, step=0.05, help=ALPHA_HELP),
    ),
    uniforms=4,
    draw=_cutmix_draws,
    mix=_box,
    caption=lambda share, partner, x, y: f"{1 - share:.0%} this photo",
    source="CutMix (Yun et al. 2019, arXiv:1905.04899)",
    sweep=(1, 0, 0, 0),
    competes=False,
    keras=KerasEquivalent(layer=_cutmix_layer, layer_differs=f"{DIFFERS} Its box never reaches beyond the photo."),
    torchvision=Equivalent(
        code=lambda probability, cutmix_alpha: (
            f"v2.CutMix(alpha={cutmix_alpha:g}, num_classes=…)" if cutmix_alpha else None
        )
    ),
)
