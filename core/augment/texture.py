"""Transforms of fine detail, as lens, sensor and file add it: plain, deterministic functions of one photo."""

import math
from statistics import NormalDist

import cv2
import numpy as np

from core.augment.chance import noise_numbers, random_bytes
from core.augment.transform import Equivalent, KerasEquivalent, Parameter, Pixels, Stage, Transform, between, in_range

SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13  # Pillow's ImageFilter.SMOOTH
NORMAL = np.array([NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)])
NORMAL /= NORMAL.std()  # 256 equally likely values, normally distributed
MIRRORS = "It mirrors the photo at its edges; ours repeats the edge pixels."


def _blur(pixels: Pixels, blur: float) -> Pixels:
    sigma = blur / 100 * min(pixels.shape[:2])
    if sigma <= 0:
        return pixels
    return _pixels(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def _sharpen(pixels: Pixels, sharpen: float) -> Pixels:
    """Add `sharpen` times the detail that a light smoothing removes, in one filter."""
    kernel = -sharpen * SMOOTH
    kernel[1, 1] += 1 + sharpen
    return _pixels(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def _add_noise(pixels: Pixels, sigma: float, number: float) -> Pixels:
    """Add noise around level 128, so that it fits into bytes, and subtract 128."""
    noise = random_bytes(int(number), pixels.size).reshape(pixels.shape)
    normal = cv2.LUT(noise, np.clip(np.rint(128 + sigma * NORMAL), 0, 255).astype(np.uint8))
    return _pixels(cv2.addWeighted(pixels, 1, normal, 1, -128))


def _compress(pixels: Pixels, quality: float) -> Pixels:
    if quality >= 100:  # JPEG's best quality still loses something; the end of the slider must not
        return pixels
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)  # the encoder expects BGR
    _, file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    return _pixels(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB))


def _pixels(image: object) -> Pixels:
    return np.asarray(image, np.uint8)


def _blur_layer(probability: float, blur_range: tuple[float, float]) -> str:
    low, high = (round(value / 100 * 299, 3) for value in blur_range)
    side = 2 * math.ceil(3 * max(high, 0.34)) + 1
    return f"layers.RandomGaussianBlur(({probability}, {probability}), kernel_size={side}, sigma=({low}, {high}))"


def _sigmas(blur_range: tuple[float, float]) -> str:
    """The range in pixels, as source; 0 is replaced by what blurs nothing, because the libraries divide by it."""
    low, high = (max(value / 100, 1e-4) for value in blur_range)
    return f"({low:.6g} * SIZE, {high:.6g} * SIZE)"


BLUR = Transform(
    key="blur",
    label="Blur",
    explanation="Many phone photos are slightly out of focus.",
    harm="A strong blur removes buttons, seams and collars, which tell one shirt from another.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "blur_range",
            "Blur range",
            0,
            3.0,
            default=(0.0, 0.6),
            neutral=(0.0, 0.0),
            step=0.1,
            unit="% of the shorter side",
            help="Standard deviation of a Gaussian blur; 1% is 3 pixels of 299. As a share, it blurs small photos as "
            "much as large ones.",
        ),
    ),
    uniforms=1,
    draw=lambda u, blur_range: {"blur": between(u[:, 0], *blur_range)},
    texture=_blur,
    caption=lambda blur: f"σ {blur:.2f}%",
    source="SimCLR (Chen et al. 2020, arXiv:2002.05709)",
    keras=KerasEquivalent(
        layer=_blur_layer,
        layer_differs="Its sigma is in pixels (here for photos of 299 × 299) and the same for the whole batch.",
        layer_chance=True,
    ),
    torchvision=Equivalent(
        code=lambda probability, blur_range: (
            f"v2.GaussianBlur(2 * round({max(blur_range[1] / 25, 1e-3):.6g} * SIZE) + 1, {_sigmas(blur_range)})"
        ),
        differs=MIRRORS,
    ),
    albumentations=Equivalent(
        code=lambda probability, blur_range: (
            f"A.GaussianBlur(sigma_limit={_sigmas(blur_range)}, blur_limit=0, p={probability:g})"
        ),
        differs=MIRRORS,
        chance=True,
    ),
)

SHARPEN = Transform(
    key="sharpen",
    label="Sharpen",
    explanation="Phones sharpen their photos, some of them a lot.",
    harm="Strong values draw bright lines along edges and make cloth look grainy.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "sharpen_range",
            "Strength range",
            0,
            4.0,
            default=(0.0, 1.0),
            neutral=(0.0, 0.0),
            step=0.1,
            unit="×",
            help="How many times the fine detail is added; 0 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, sharpen_range: {"sharpen": between(u[:, 0], *sharpen_range)},
    texture=_sharpen,
    caption=lambda sharpen: f"{sharpen:.2f} ×",
    source="Pillow, ImageEnhance.Sharpness, as AutoAugment uses it (Cubuk et al. 2019, arXiv:1805.09501)",
    keras=KerasEquivalent(
        # Keras' factor f adds the detail 2f - 1 times, and ends at 1
        layer=lambda probability, sharpen_range: (
            f"layers.RandomSharpness(({min((1 + sharpen_range[0]) / 2, 1.0)}, {min((1 + sharpen_range[1]) / 2, 1.0)}))"
        ),
        layer_differs="It adds the fine detail at most once, and darkens the outermost pixels.",
    ),
    torchvision=Equivalent(
        function=lambda sharpen_range: (
            f"v2.functional.adjust_sharpness(photo, uniform({1 + sharpen_range[0]:.6g}, {1 + sharpen_range[1]:.6g}))"
        ),
        differs="It leaves the outermost pixels as they are.",
    ),
    albumentations=Equivalent(
        # Its kernel is the identity plus alpha times (8 in the middle, -1 around it); ours has 1/13 of the strength
        code=lambda probability, sharpen_range: (
            f"A.Sharpen(alpha={in_range(*sharpen_range, factor=1 / 13)}, lightness=(1, 1), p={probability:g})"
        ),
        differs=MIRRORS,
        chance=True,
    ),
)

EVEN_100_LOSES = "It saves at a quality of 100 too, which loses a little; ours then leaves the photo as it is."


def _qualities(jpeg_quality: tuple[float, float]) -> str:
    low, high = map(round, jpeg_quality)
    return f"({low}, {high})"


NOISE = Transform(
    key="noise",
    label="Noise",
    explanation="The grain of a photo taken in the dark.",
    harm="Strong noise hides the pattern of the cloth.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "noise_range",
            "Noise range",
            0,
            40,
            default=(0, 12),
            neutral=(0, 0),
            unit="levels",
            help="Standard deviation of normally distributed noise, drawn for each pixel and channel.",
        ),
    ),
    uniforms=2,
    draw=lambda u, noise_range: {"sigma": between(u[:, 0], *noise_range), "number": noise_numbers(u[:, 1])},
    texture=_add_noise,
    caption=lambda sigma, number: f"± {sigma:.1f} levels",
    source="Shorten & Khoshgoftaar 2019, A survey on Image Data Augmentation for Deep Learning, J. Big Data 6:60",
    sweep=(1, 0),
    torchvision=Equivalent(
        function=lambda noise_range: (
            f"(photo + uniform{in_range(*noise_range)} * torch.randn_like(photo, dtype=torch.float32))"
            ".round().clamp(0, 255).to(torch.uint8)"
        )
    ),
    albumentations=Equivalent(
        code=lambda probability, noise_range: (
            f"A.GaussNoise(std_range={in_range(*noise_range, factor=1 / 255)}, p={probability:g})"
        ),
        chance=True,
    ),
)

JPEG = Transform(
    key="jpeg",
    label="JPEG artefacts",
    explanation="The small blocks in a photo that was shared and saved many times.",
    harm="Below a quality of 10, the blocks are larger than the details.",
    stage=Stage.TEXTURE,
    probability=0.5,
    parameters=(
        Parameter(
            "jpeg_quality",
            "Quality range",
            5,
            100,
            default=(30, 95),
            neutral=(100, 100),
            help="Each photo is saved as JPEG with a random quality and read back; 100 changes nothing.",
        ),
    ),
    uniforms=1,
    draw=lambda u, jpeg_quality: {"quality": np.rint(between(u[:, 0], *jpeg_quality))},
    texture=_compress,
    caption=lambda quality: f"quality {quality:.0f}",
    source="Hendrycks & Dietterich 2019, arXiv:1903.12261 (as a corruption that models should withstand)",
    torchvision=Equivalent(
        code=lambda probability, jpeg_quality: f"v2.JPEG({_qualities(jpeg_quality)})",
        differs=f"{EVEN_100_LOSES} torchvision 0.29 warns that its JPEG code will move to TorchCodec.",
    ),
    albumentations=Equivalent(
        code=lambda probability, jpeg_quality: (
            f'A.ImageCompression("jpeg", {_qualities(jpeg_quality)}, p={probability:g})'
        ),
        differs="It takes RGB for BGR, so red keeps less detail than blue; and it saves at a quality of 100 too.",
        chance=True,
    ),
)
