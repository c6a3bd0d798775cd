"""Many photos through a classifier: in order, in flat memory, read and decoded in threads while the network runs."""

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

AHEAD = 2 * litert.BATCH  # photos that may be read before their turn; decoded and squared they weigh little
THUMBNAIL = 320  # px, longest side


@dataclass(frozen=True)
class Asked:
    """A photo and its answer, or the sentence that says why there is none."""

    name: str
    key: str  # photos.key of its bytes; "" when they could not be read
    answer: Answer | None
    error: str  # the sentence; "" when there is an answer
    thumbnail: bytes  # a small upright JPEG where one was wished for, else b""


@dataclass(frozen=True)
class _Seen:
    name: str
    key: str = ""
    square: photos.Pixels | None = None
    error: str = ""
    thumbnail: bytes = b""


def ask(classifier: Classifier, given: Iterable[PhotoSource], thumbnails: bool = False) -> Generator[Asked, None, None]:
    """The answers to the photos, in their order, as they come.

    `given` is taken a few dozen photos ahead, so it may be endless. A photo that can't be read comes with its
    sentence. Whoever stops early closes the iterator, which ends the threads.
    """
    coming, waiting = iter(given), deque[Future[_Seen]]()
    threads = ThreadPoolExecutor(machine.cores(), "photos")

    def take(count: int) -> None:
        for one in islice(coming, count):
            waiting.append(threads.submit(_look, one, classifier.size, thumbnails))

    try:
        take(AHEAD)
        while waiting:
            batch = [waiting.popleft().result() for _ in range(min(litert.BATCH, len(waiting)))]
            take(len(batch))
            squares = [seen.square for seen in batch if seen.square is not None]
            answers = iter(classifier.answers(np.stack(squares)) if squares else ())
            for seen in batch:
                answer = next(answers) if seen.square is not None else None
                yield Asked(seen.name, seen.key, answer, seen.error, seen.thumbnail)
    finally:
        threads.shutdown(cancel_futures=True)


def _look(given: PhotoSource, size: int, thumbnail: bool) -> _Seen:
    """Read and decode a photo once, for the network and for the gallery."""
    key = ""
    try:
        data = given.read()
        key = photos.key(data)
        pixels = photos.decode(data, at_least=2 * size)  # as photos.square does: the answer is the same everywhere
        small = b""
        if thumbnail:
            large = pixels if 2 * size >= THUMBNAIL else photos.decode(data, at_least=THUMBNAIL)
            small = photos.thumbnail(large, THUMBNAIL)
        return _Seen(given.name, key, photos.resize(pixels, size), thumbnail=small)
    except PhotoError as error:
        return _Seen(given.name, key, error=str(error))
