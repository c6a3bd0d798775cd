"""Predictions for many photos, a piece at a time, so that the page stays usable meanwhile."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.answering import bulk, litert
from core.answering.bulk import Prediction
from core.answering.classifier import Classifier
from core.photos.album import PhotoSource


@dataclass
class Work:
    """One model's predictions so far, and its pace."""

    answers: dict[str, Prediction] = field(default_factory=dict)  # by the photo's id
    pace: float = 0.0  # s per photo; 0 = not measured yet
    since: float = 0.0  # start of the current stretch of work (monotonic); 0 = not started
    before: int = 0  # answers that existed at that time
    stopped: bool = False  # by the user, until they continue

    def waiting(self, photos: Mapping[str, PhotoSource]) -> list[str]:
        """The ids of the photos without an answer, in order."""
        return [name for name in photos if name not in self.answers]

    def seconds_left(self, photos: Mapping[str, PhotoSource]) -> float | None:
        """Seconds that the rest will take at this pace, with the pauses between pieces; None = not known yet."""
        done = len(self.answers) - self.before
        if not self.since or done < 1:
            return None
        return (time.monotonic() - self.since) / done * len(self.waiting(photos))

    def forget_all_but(self, photos: Mapping[str, PhotoSource]) -> None:
        """Forget the answers to all other photos."""
        for name in self.answers.keys() - photos.keys():
            del self.answers[name]

    def pause(self, stopped: bool) -> None:
        """Stop working, or continue."""
        self.stopped, self.since = stopped, 0.0

    def answer_some(self, classifier: Classifier, photos: Mapping[str, PhotoSource], seconds: float) -> None:
        """Answer photos for about `seconds`, but at least one photo. Raises ModelError."""
        waiting = self.waiting(photos)
        first = time.monotonic()
        if not self.since:
            self.since, self.before = first, len(self.answers)
        left = seconds
        while waiting:
            # as many as fit into the time left, at the pace so far
            count = min(litert.BATCH, max(1, int(left / self.pace))) if self.pace else 1
            names, waiting = waiting[:count], waiting[count:]
            start = time.monotonic()
            predictions = bulk.predict(classifier, [photos[name] for name in names], thumbnails=True)
            for name, prediction in zip(names, predictions, strict=True):  # stored singly: a click may end this early
                self.answers[name] = prediction
            pace = (time.monotonic() - start) / len(names)
            self.pace = 0.5 * (self.pace + pace) if self.pace else pace
            left = seconds - (time.monotonic() - first)
            if left <= 0:
                return
        self.since = 0.0
