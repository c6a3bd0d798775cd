"""Predictions for many photos, in order and in flat memory: threads read and decode while the network runs."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from core import machine, photos
from core.answering import litert
from core.answering.classifier import Answer, Classifier
from core.errors import PhotoError
from core.photos.album import PhotoSource

AHEAD = 2 * litert.BATCH  # photos that may be read before their turn; decoded and squared they take little memory
THUMBNAIL = 320  # px, longest side


@dataclass(frozen=True)
class Prediction:
    """A photo and its answer, or the reason why there is none."""

    name: str
    key: str  # photos.key of its bytes; "" if they could not be read
    answer: Answer | None
    error: str  # a sentence; "" if there is an answer
    thumbnail: bytes  # a small upright JPEG, or b"" without `thumbnails`


@dataclass(frozen=True)
class _Input:
    """A photo, ready for the network, or the reason why it is not."""

    name: str
    key: str = ""
    square: photos.Pixels | None = None
    error: str = ""
    thumbnail: bytes = b""


def predict(
    classifier: Classifier, sources: Iterable[PhotoSource], thumbnails: bool = False
) -> Generator[Prediction, None, None]:
    """Yield a prediction for each photo, in the order of `sources`.

    `sources` is read a few dozen photos ahead, so it may be endless. A photo that can't be read gets an error instead
    of an answer. If you stop early, close the iterator: that ends the threads.
    """
    remaining, waiting = iter(sources), deque[Future[_Input]]()
    threads = ThreadPoolExecutor(machine.cores(), "photos")

    def take(count: int) -> None:
        for source in islice(remaining, count):
            waiting.append(threads.submit(_prepare, source, classifier.size, thumbnails))

    try:
        take(AHEAD)
        while waiting:
            batch = [waiting.popleft().result() for _ in range(min(litert.BATCH, len(waiting)))]
            take(len(batch))
            squares = [photo.square for photo in batch if photo.square is not None]
            answers = iter(classifier.answers(np.stack(squares)) if squares else ())
            for photo in batch:
                answer = next(answers) if photo.square is not None else None
                yield Prediction(photo.name, photo.key, answer, photo.error, photo.thumbnail)
    finally:
        threads.shutdown(cancel_futures=True)


def _prepare(source: PhotoSource, size: int, thumbnail: bool) -> _Input:
    """Read and decode a photo once, for the network and for the gallery."""
    key = ""
    try:
        data = source.read()
        key = photos.key(data)
        pixels = photos.decode(data, at_least=2 * size)  # as in photos.square, so that the answer is the same
        small = b""
        if thumbnail:
            large = pixels if 2 * size >= THUMBNAIL else photos.decode(data, at_least=THUMBNAIL)
            small = photos.thumbnail(large, THUMBNAIL)
        return _Input(source.name, key, photos.resize(pixels, size), thumbnail=small)
    except PhotoError as error:
        return _Input(source.name, key, error=str(error))
