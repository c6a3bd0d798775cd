"""Transforms that map each level to another: look-up tables, which the engine fuses."""

import cv2
import numpy as np

from core.augment.transform import (
    Equivalent,
    Floats,
    KerasEquivalent,
    Parameter,
    Pixels,
    Stage,
    Transform,
    between,
    in_range,
    symmetric,
)

LEVELS = np.arange(256, dtype=np.float32)
LUMA = (0.299, 0.587, 0.114)  # weights of red, green and blue: ITU-R BT.601, as in Pillow, Keras and JPEG


def _rounded(levels: Floats | np.ndarray) -> Pixels:
    table: Pixels = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return table


def _brightness_tables(brightness: Floats) -> Pixels:
    """Levels times the factor, clipped at 255; rounded down, as in Pillow's ImageEnhance (which Keras uses)."""
    tables: Pixels = np.clip(brightness.astype(np.float32)[:, None] * LEVELS, 0, 255).astype(np.uint8)
    return tables


def _contrast_table(pixels: Pixels, contrast: float) -> Pixels:
    """Levels whose distances from the photo's mean grey are multiplied by the factor."""
    mean = sum(weight * level for weight, level in zip(LUMA, cv2.mean(pixels), strict=False))
    return _rounded((LEVELS - mean) * contrast + mean)


def _channel_shift_table(pixels: Pixels, shift: float) -> Pixels:
    """Levels plus the shift, clipped to the photo's own lowest and highest level."""
    low, high, _, _ = cv2.minMaxLoc(pixels.reshape(len(pixels), -1))
    return _rounded(np.clip(LEVELS + shift, low, high))


def _gamma_tables(gamma: Floats) -> Pixels:
    return _rounded(255 * (np.arange(256) / 255) ** gamma[:, None])


def _brightness_layer(probability: float, brightness_range: tuple[float, float]) -> str:
    low, high = (round(value - 1, 6) for value in brightness_range)
    return f"layers.RandomBrightness(({max(low, -1.0)}, {min(high, 1.0)}))"


def _contrast_layer(probability: float, contrast_range: tuple[float, float]) -> str | None:
    """None where Keras can't: it sorts the two numbers, which mean "less than 1 by" and "more than 1 by"."""
    less, more = round(1 - contrast_range[0], 6), round(contrast_range[1] - 1, 6)
    return f"layers.RandomContrast(({less}, {more}))" if less <= more and more >= 0 else None


def jitter(probability: float, **ranges: str) -> str:
    """Albumentations' ColorJitter that changes only these; the rest is named because it changes all by default."""
    neutral = {"brightness": "(1, 1)", "contrast": "(1, 1)", "saturation": "(1, 1)", "hue": "(0, 0)"}
    arguments = ", ".join(f"{name}={value}" for name, value in (neutral | ranges).items())
    return f"A.ColorJitter({arguments}, p={probability:g})"


BRIGHTNESS = Transform(
    key="brightness",
    label="Brightness",
    explanation="Daylight or lamplight: the garment stays the same.",
    harm="Very dark or very bright photos lose folds and seams, and with them the answer.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "brightness_range",
            "Brightness range",
            0.1,
            2.0,
            default=(0.8, 1.2),
            neutral=(1.0, 1.0),
            step=0.05,
            unit="×",
            help="Levels are multiplied by a random factor from this range; 1 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, brightness_range: {"brightness": between(u[:, 0], *brightness_range)},
    table=_brightness_tables,
    caption=lambda brightness: f"{brightness:.2f} ×",
    source="Pillow, ImageEnhance.Brightness",
    keras=KerasEquivalent(
        generator=lambda probability, brightness_range: {"brightness_range": list(brightness_range)},
        layer=_brightness_layer,
        layer_differs="It adds a share of 255 to all levels; ours multiplies them by a factor.",
    ),
    torchvision=Equivalent(
        code=lambda probability, brightness_range: f"v2.ColorJitter(brightness={in_range(*brightness_range)})"
    ),
    albumentations=Equivalent(
        code=lambda probability, brightness_range: jitter(probability, brightness=in_range(*brightness_range)),
        chance=True,
    ),
)

CONTRAST = Transform(
    key="contrast",
    label="Contrast",
    explanation="Haze and flat light reduce contrast; a hard flash adds some.",
    harm="With low contrast, a white blouse vanishes against a white wall. With high contrast, folds turn black.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "contrast_range",
            "Contrast range",
            0.2,
            2.0,
            default=(0.8, 1.2),
            neutral=(1.0, 1.0),
            step=0.05,
            unit="×",
            help="Distances from the photo's mean grey are multiplied by a random factor; 1 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, contrast_range: {"contrast": between(u[:, 0], *contrast_range)},
    own_table=_contrast_table,
    caption=lambda contrast: f"{contrast:.2f} ×",
    source="Pillow, ImageEnhance.Contrast, as AutoAugment uses it (Cubuk et al. 2019, arXiv:1805.09501)",
    keras=KerasEquivalent(
        layer=_contrast_layer,
        layer_differs="It keeps the mean of each channel; ours keeps the mean of the greyscale photo.",
    ),
    torchvision=Equivalent(
        code=lambda probability, contrast_range: f"v2.ColorJitter(contrast={in_range(*contrast_range)})"
    ),
    albumentations=Equivalent(
        code=lambda probability, contrast_range: jitter(probability, contrast=in_range(*contrast_range)), chance=True
    ),
)

CHANNEL_SHIFT = Transform(
    key="channel_shift",
    label="Channel shift",
    explanation="Raises or lowers all levels, but never beyond the photo's own darkest and lightest levels.",
    harm="Large values turn light or dark parts into one flat area.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "channel_shift_range",
            "Largest shift",
            0,
            150,
            default=30,
            neutral=0,
            unit="levels",
            help="As in Keras, and despite its name: one random value is added to all three channels.",
        ),
    ),
    uniforms=1,
    draw=lambda u, channel_shift_range: {"shift": symmetric(u[:, 0], channel_shift_range)},
    own_table=_channel_shift_table,
    caption=lambda shift: f"{shift:+.0f} levels",
    source="Keras, ImageDataGenerator(channel_shift_range); it keeps fractions of a level, ours rounds them",
    keras=KerasEquivalent(
        generator=lambda probability, channel_shift_range: {"channel_shift_range": channel_shift_range}
    ),
    torchvision=Equivalent(
        function=lambda channel_shift_range: (
            f"(photo + uniform({-channel_shift_range:.6g}, {channel_shift_range:.6g}))"
            ".clamp(float(photo.min()), float(photo.max())).round().to(torch.uint8)"
        )
    ),
    albumentations=Equivalent(
        code=lambda probability, channel_shift_range: (
            f"A.RandomBrightnessContrast({in_range(-channel_shift_range, channel_shift_range, factor=1 / 255)}, "
            f"(0.0, 0.0), p={probability:g})"
        ),
        differs="It goes beyond the photo's own darkest and lightest levels.",
        chance=True,
    ),
)

GAMMA = Transform(
    key="gamma",
    label="Gamma",
    explanation="Lightens or darkens the midtones, not black and white, as cameras and screens do.",
    harm="A large gamma turns dark clothes black.",
    stage=Stage.COLOUR,
    parameters=(
        Parameter(
            "gamma_range",
            "Gamma range",
            0.3,
            3.0,
            default=(0.8, 1.25),
            neutral=(1.0, 1.0),
            step=0.05,
            help="Levels from 0 to 1 are raised to a random power from this range: above 1 darkens, 1 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, gamma_range: {"gamma": between(u[:, 0], *gamma_range)},
    table=_gamma_tables,
    caption=lambda gamma: f"γ {gamma:.2f}",
    source="Poynton 2012, Digital Video and HD: Algorithms and Interfaces, chapter 27",
    torchvision=Equivalent(
        function=lambda gamma_range: f"v2.functional.adjust_gamma(photo, uniform{in_range(*gamma_range)})"
    ),
    albumentations=Equivalent(
        code=lambda probability, gamma_range: f"A.RandomGamma({in_range(*gamma_range, factor=100)}, p={probability:g})",
        chance=True,
    ),
)
