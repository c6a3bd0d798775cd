"""Answers to many photos a piece at a time, so that whoever shows them stays usable meanwhile."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.answering import bulk, litert
from core.answering.bulk import Asked
from core.answering.classifier import Classifier
from core.photos.album import PhotoSource


@dataclass
class Work:
    """What one model has answered so far, and how fast it goes."""

    answers: dict[str, Asked] = field(default_factory=dict)  # by the photo's id
    pace: float = 0.0  # s per photo; 0 = not measured yet
    since: float = 0.0  # when the present stretch of work began (monotonic); 0 = not begun
    before: int = 0  # answers that were there then
    stopped: bool = False  # by a person, until they continue

    def waiting(self, photos: Mapping[str, PhotoSource]) -> list[str]:
        """The ids of the photos without an answer, in their order."""
        return [name for name in photos if name not in self.answers]

    def seconds_left(self, photos: Mapping[str, PhotoSource]) -> float | None:
        """How long the rest will take at this speed, pauses between the pieces included; None = not known yet."""
        done = len(self.answers) - self.before
        if not self.since or done < 1:
            return None
        return (time.monotonic() - self.since) / done * len(self.waiting(photos))

    def forget_all_but(self, photos: Mapping[str, PhotoSource]) -> None:
        """Forget the answers to photos that are no longer there."""
        for gone in self.answers.keys() - photos.keys():
            del self.answers[gone]

    def pause(self, stopped: bool) -> None:
        """Stop working, or continue."""
        self.stopped, self.since = stopped, 0.0

    def answer_some(self, classifier: Classifier, photos: Mapping[str, PhotoSource], seconds: float) -> None:
        """Answer photos for about so many seconds, at least one photo. Raises ModelError."""
        waiting = self.waiting(photos)
        began = time.monotonic()
        if not self.since:
            self.since, self.before = began, len(self.answers)
        left = seconds
        while waiting:
            # as many at once as fit into the time that is left, by how long a photo took so far
            count = min(litert.BATCH, max(1, int(left / self.pace))) if self.pace else 1
            names, waiting = waiting[:count], waiting[count:]
            start = time.monotonic()
            answers = bulk.ask(classifier, [photos[name] for name in names], thumbnails=True)
            for name, answer in zip(names, answers, strict=True):  # kept singly: a click may end this piece early
                self.answers[name] = answer
            took = (time.monotonic() - start) / len(names)
            self.pace = 0.5 * (self.pace + took) if self.pace else took
            left = seconds - (time.monotonic() - began)
            if left <= 0:
                return
        self.since = 0.0
