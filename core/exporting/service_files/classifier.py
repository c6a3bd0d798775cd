"""A photo file in, an answer out: decoding, the model in model.onnx, and when to doubt the answer."""

import io
import json
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: its threads wait more than they work

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL import WebPImagePlugin as WebPImagePlugin  # Pillow loads the plugins of the other formats by itself

WORKERS = int(os.environ.get("WORKERS") or min(4, os.cpu_count() or 1))  # photos answered at the same time
RATE = os.environ.get("FALSE_ALARMS") or "0.05"  # of ordinary photos, that each doubt may hit; see README.md
MOST_BYTES = 20_000_000  # of a photo file
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MEGAPIXELS = {"JPEG": 50, "MPO": 50, "PNG": 25, "WEBP": 25, "GIF": 25}  # by Pillow's name; checked before decoding
WHOLE = 4_000_000  # pixels: larger photos are reduced by a whole factor first
MOST_LEFT = 8_000_000  # pixels after that; only very long, narrow photos have more
MOST_LAYERS = 100  # of a progressive JPEG: each takes a pass over the whole photo
START_OF_LAYER = b"\xff\xda"
INVISIBLE = 2  # levels by which profiles of sRGB differ, due to rounding
AHEAD, ABOVE_CHANCE = 1.2, 0.1  # how far the best answer must be ahead of the second, and above chance
CLOSE = "Not sure: two or more answers lie close together."
UNLIKE = "Probably none of these: the photo is unlike those the model was trained on."

Image.MAX_IMAGE_PIXELS = None  # MEGAPIXELS replaces it
Pixels = NDArray[np.uint8]
_one_large_photo = threading.Lock()  # large photos are decoded one by one, which bounds the memory


class PhotoError(Exception):
    """A file that can't be used as a photo, with a sentence for its sender."""


class Classifier:
    """The model. May be shared between threads."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # photos are answered side by side, each on one core
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        facts = self._session.get_modelmeta().custom_metadata_map
        self.name: str = facts["model"]
        self.labels: list[str] = json.loads(facts["labels"])
        self.size = int(facts["image_size"])  # px
        self._limits: dict[str, float] = json.loads(facts["thresholds"])[RATE]

    def answer(self, data: bytes) -> dict[str, Any]:
        """The answer for a photo file, ready for JSON. Raises PhotoError."""
        photo = square(data, self.size)
        (probabilities,), (similarity,) = self._session.run(["probabilities", "similarity"], {"photos": photo[None]})
        order = np.argsort(-probabilities, kind="stable")
        shares = probabilities[order].tolist()
        reason = doubt(shares, float(similarity), self._limits)
        answers = [{"label": self.labels[i], "probability": share} for i, share in zip(order, shares, strict=True)]
        return {"label": answers[0]["label"], "unsure": bool(reason), "reason": reason, "answers": answers}


def doubt(probabilities: Sequence[float], similarity: float, limits: dict[str, float]) -> str:
    """Why to doubt an answer, in a sentence; empty if there is no doubt. `probabilities` come best first."""
    if similarity < limits["similarity"]:
        return UNLIKE
    best, second = [*probabilities, 0.0][:2]
    chance = 1 / len(probabilities)
    least = max(AHEAD * second, chance + ABOVE_CHANCE * (1 - chance))
    is_near_tie = len(probabilities) > 1 and best < least
    return CLOSE if best < limits["probability"] or is_near_tie else ""


def square(data: bytes, size: int) -> Pixels:
    """A photo file as the network sees it: uint8 (size, size, 3), RGB in sRGB, upright. Raises PhotoError."""
    if not data:
        raise PhotoError("The file is empty. Send a photo.")
    if len(data) > MOST_BYTES:
        raise PhotoError(f"The photo must have at most {MOST_BYTES / 1e6:.0f} MB, got {len(data) / 1e6:.1f} MB.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image, data)
            if image.width * image.height <= WHOLE:
                return resize(_decoded(image, 2 * size), size)
            with _one_large_photo:
                return resize(_decoded(image, 2 * size), size)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise PhotoError("This is not a photo that can be read. It must be JPEG, PNG, WebP or GIF.") from None
    except Exception as error:  # decoders raise anything on damaged files: OSError, ValueError, SyntaxError …
        raise PhotoError("The photo is damaged and can't be read to its end. Copy or send it again.") from error


def _check(image: Image.Image, data: bytes) -> None:
    most = MEGAPIXELS[image.format or ""]
    if image.width * image.height > most * 1_000_000:
        raise PhotoError(
            f"The photo must have at most {most} megapixels as {image.format}, got {image.width} × {image.height} "
            "pixels. Save it smaller and try again."
        )
    if image.format in ("JPEG", "MPO") and data.count(START_OF_LAYER) > MOST_LAYERS:
        raise PhotoError(f"A progressive JPEG must have at most {MOST_LAYERS} layers. Save it again and try again.")


def _decoded(image: Image.Image, at_least: int) -> Pixels:
    """The pixels, in which a large photo may be reduced as long as no side gets shorter than `at_least`."""
    image.draft(None, (at_least, at_least))  # JPEGs are decoded at a half, a quarter or an eighth of their size
    factor = max(1, min(image.size) // at_least) if image.width * image.height > WHOLE else 1
    if image.width * image.height > MOST_LEFT * factor**2:
        raise PhotoError("The photo is too long for its width. Crop it to the part that matters.")
    image.load()
    rgb = _to_srgb(_plain(image).reduce(factor), image.info.get("icc_profile"))
    try:
        rgb.getexif()[0x0112] = image.getexif().get(0x0112, 1)  # the orientation
    except Exception:  # broken EXIF doesn't break the photo
        return np.asarray(rgb)
    return np.asarray(ImageOps.exif_transpose(rgb))


def _plain(image: Image.Image) -> Image.Image:
    """The image in mode RGB or CMYK, with transparency laid over white."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return Image.fromarray(np.rint(np.asarray(image) / 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        background = Image.new("RGBA", image.size, "white")
        background.alpha_composite(image.convert("RGBA"))
        return background.convert("RGB")
    return image if image.mode == "CMYK" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in sRGB. A profile that is damaged or meant for other pictures is ignored, as in browsers."""
    convert = _conversion(profile, image.mode) if profile else None
    return convert.apply(image) if convert else image.convert("RGB")


@lru_cache(maxsize=8)  # photos of the same camera share their profile
def _conversion(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The conversion to sRGB; None if none is needed, which is so for most photos, or the profile is unusable."""
    chart = Image.new(mode, (9, 9 ** (len(mode) - 1)))
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    chart.frombytes(np.stack(np.meshgrid(*[levels] * len(mode), indexing="ij"), -1).tobytes())
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        convert = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
        change = np.asarray(convert.apply(chart)).astype(int) - np.asarray(chart.convert("RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return convert if mode == "CMYK" or np.abs(change).max() > INVISIBLE else None


def resize(pixels: Pixels, size: int) -> Pixels:
    """Squashed to `size` × `size`, by area averaging where a side shrinks and linearly where it grows.

    The same as OpenCV's INTER_AREA, but for rare levels that are off by 1; OpenCV would double the size of the image.
    """
    height, width = pixels.shape[:2]
    rows = _weights(height, size) @ pixels.reshape(height, width * 3).astype(np.float32)
    by_colour = rows.reshape(size, width, 3).transpose(0, 2, 1).reshape(size * 3, width)  # one product instead of many
    squashed = (by_colour @ _weights(width, size).T).reshape(size, 3, size).transpose(0, 2, 1)
    is_halved = height == width == 2 * size  # then OpenCV rounds ties up, else to even numbers
    rounded = np.floor(squashed + 0.5) if is_halved else np.rint(squashed)
    return np.ascontiguousarray(rounded.clip(0, 255), dtype=np.uint8)


@lru_cache(maxsize=64)
def _weights(length: int, size: int) -> NDArray[np.float32]:
    """How much each old pixel counts in each new one: (size, length)."""
    scale = length / size
    places, pixels = np.arange(size)[:, None], np.arange(length)
    if scale >= 1:
        overlap = np.minimum((places + 1) * scale, pixels + 1) - np.maximum(places * scale, pixels)
        return (overlap.clip(0) / scale).astype(np.float32)
    centres = ((places + 0.5) * scale - 0.5).clip(0, length - 1)
    return (1 - np.abs(centres - pixels)).clip(0).astype(np.float32)
