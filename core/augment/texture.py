"""Transforms of the fine structure, what lens, sensor and file add: plain, deterministic functions of one photo."""

import math
from statistics import NormalDist

import cv2
import numpy as np

from core.augment import chance
from core.augment.transform import InKeras, Parameter, Pixels, Stage, Transform, between

SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13  # Pillow's ImageFilter.SMOOTH
NORMAL = np.array([NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)])
NORMAL /= NORMAL.std()  # 256 equally likely values, normally distributed


def _blurred(pixels: Pixels, blur: float) -> Pixels:
    sigma = blur / 100 * min(pixels.shape[:2])
    if sigma <= 0:
        return pixels
    return _pixels(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def _sharpened(pixels: Pixels, sharpen: float) -> Pixels:
    """The photo plus `sharpen` times what a light smoothing takes from it, in one filter."""
    kernel = -sharpen * SMOOTH
    kernel[1, 1] += 1 + sharpen
    return _pixels(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def _noisy(pixels: Pixels, sigma: float, number: float) -> Pixels:
    """Noise about level 128, so that bytes will do, is added and 128 taken away."""
    noise = chance.noise(int(number), pixels.size).reshape(pixels.shape)
    normal = cv2.LUT(noise, np.clip(np.rint(128 + sigma * NORMAL), 0, 255).astype(np.uint8))
    return _pixels(cv2.addWeighted(pixels, 1, normal, 1, -128))


def _through_jpeg(pixels: Pixels, quality: float) -> Pixels:
    if quality >= 100:  # JPEG's best still loses something; our end of the slider does not
        return pixels
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)  # the coder's luma takes red for red
    _, file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    return _pixels(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB))


def _pixels(image: object) -> Pixels:
    return np.asarray(image, np.uint8)


def _blur_layer(probability: float, blur_range: tuple[float, float]) -> str:
    low, high = (round(value / 100 * 299, 3) for value in blur_range)
    side = 2 * math.ceil(3 * max(high, 0.34)) + 1
    return f"layers.RandomGaussianBlur(({probability}, {probability}), kernel_size={side}, sigma=({low}, {high}))"


BLUR = Transform(
    key="blur",
    label="Blur",
    explanation="Out of focus: many phone photos are, a little.",
    harm="A strong blur takes buttons, seams and collars away, which tell one shirt from another.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "blur_range",
            "Blur between",
            0,
            3.0,
            default=(0.0, 0.6),
            neutral=(0.0, 0.0),
            step=0.1,
            unit="% of the shorter side",
            help="The standard deviation of a Gaussian blur; 1% is 3 pixels of 299. A share, so that small photos "
            "look as blurred as large ones.",
        ),
    ),
    uniforms=1,
    draw=lambda u, blur_range: {"blur": between(u[:, 0], *blur_range)},
    texture=_blurred,
    caption=lambda blur: f"σ {blur:.2f}%",
    source="SimCLR (Chen et al. 2020, arXiv:2002.05709)",
    keras=InKeras(
        layer=_blur_layer,
        layer_differs="Its sigma is in pixels, here those of a photo of 299 × 299, and one for the whole batch.",
        layer_chance=True,
    ),
)

SHARPEN = Transform(
    key="sharpen",
    label="Sharpen",
    explanation="Phones sharpen what they photograph, some of them a lot.",
    harm="A strong one draws bright seams along edges and makes grain of cloth.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "sharpen_range",
            "Strength between",
            0,
            4.0,
            default=(0.0, 1.0),
            neutral=(0.0, 0.0),
            step=0.1,
            unit="×",
            help="How often the fine detail is added once more; 0 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, sharpen_range: {"sharpen": between(u[:, 0], *sharpen_range)},
    texture=_sharpened,
    caption=lambda sharpen: f"{sharpen:.2f} ×",
    source="Pillow, ImageEnhance.Sharpness, as AutoAugment uses it (Cubuk et al. 2019, arXiv:1805.09501)",
    keras=InKeras(
        # Keras' factor f stands for 2f - 1 times the detail, and ends at 1
        layer=lambda probability, sharpen_range: (
            f"layers.RandomSharpness(({min((1 + sharpen_range[0]) / 2, 1.0)}, {min((1 + sharpen_range[1]) / 2, 1.0)}))"
        ),
        layer_differs="It adds the fine detail once at most, and darkens the outermost pixels.",
    ),
)

NOISE = Transform(
    key="noise",
    label="Noise",
    explanation="The grain of a photo taken in the dark.",
    harm="Much noise drowns the pattern of the cloth.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "noise_range",
            "Noise between",
            0,
            40,
            default=(0, 12),
            neutral=(0, 0),
            unit="levels",
            help="The standard deviation of normally distributed noise, another for each pixel and channel.",
        ),
    ),
    uniforms=2,
    draw=lambda u, noise_range: {"sigma": between(u[:, 0], *noise_range), "number": chance.whole(u[:, 1])},
    texture=_noisy,
    caption=lambda sigma, number: f"± {sigma:.1f} levels",
    source="Shorten & Khoshgoftaar 2019, A survey on Image Data Augmentation for Deep Learning, J. Big Data 6:60",
    sweep=(1, 0),
)

JPEG = Transform(
    key="jpeg",
    label="JPEG artefacts",
    explanation="The little blocks of a photo that was sent around and saved again and again.",
    harm="Below a quality of 10 the blocks are larger than what they show.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "jpeg_quality",
            "Quality between",
            5,
            100,
            default=(30, 95),
            neutral=(100, 100),
            help="The photo is coded as JPEG with a random quality and decoded again; 100 leaves it as it is.",
        ),
    ),
    uniforms=1,
    draw=lambda u, jpeg_quality: {"quality": np.rint(between(u[:, 0], *jpeg_quality))},
    texture=_through_jpeg,
    caption=lambda quality: f"quality {quality:.0f}",
    source="Hendrycks & Dietterich 2019, arXiv:1903.12261 (as a corruption that models must stand)",
)
