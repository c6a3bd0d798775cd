"""People who use the app at the same time, each in a tab: they move sliders, watch curves, upload photos, and think.

Everyone has photos with a name, a seed and a number of epochs of their own. Whatever the server sends to somebody must
not name anybody else's.
"""

import asyncio
import base64
import io
import random
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from benchmarks._tab import LateError, Tab
from core import photos
from core.augment import preview
from core.datasets import drawn

SIDE = 700  # px of an uploaded photo
PHOTOS = 3  # on each visit of Predict
SEED, EPOCHS = 7_000_000, 2_000  # plus the person's number
NAME = re.compile(rb"person(\d{3})")
OTHERS_SEED, OTHERS_EPOCHS = re.compile(r"[?&]?\bseed=(7\d{6})\b"), re.compile(r"epochs%22%3A\+?(2\d{3})\b")
SHARES = {"augment": 50, "train": 25, "predict": 15, "look": 10}  # of the visits, in percent
PATIENCE = 60.0  # s
SLIDERS = {"rotation_range": (0, 180), "probability": (0.0, 1.0)}


@dataclass
class Notes:
    """What everybody saw, together."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by kind of act
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # things of other people
    began: float = field(default_factory=time.monotonic)

    def error(self, sentence: str) -> None:
        self.errors.append(f"after {time.monotonic() - self.began:.0f} s: {sentence}")


def photo(number: int, copy: int) -> bytes:
    """A photo that nobody else has."""
    label = drawn.CLASSES[number % len(drawn.CLASSES)]
    with io.BytesIO() as file:
        drawn.garment(label, 5000 + 10 * number + copy, SIDE).save(file, "JPEG", quality=92)
        return file.getvalue()


class Person:
    """One tab and the person in front of it."""

    def __init__(self, number: int, port: int, notes: Notes, pace: float = 1.0) -> None:
        """`pace` multiplies all pauses."""
        self.number, self.notes, self.pace = number, notes, pace
        self.name = f"person{number:03d}"
        self.seed, self.epochs = SEED + number, EPOCHS + number
        self.tab = Tab(port, self._look)
        self.random = random.Random(number)
        self.photos = {f"{self.name}-{copy}.jpg": photo(number, copy) for copy in range(PHOTOS)}
        self._has_photo = False

    async def live(self, until: float) -> None:
        """Use the app until then (time.monotonic)."""
        try:
            await self.tab.connect()
        except Exception as error:
            self.notes.error(f"{self.name} could not connect: {error!r}")
            return
        visits: dict[str, Callable[[float], Awaitable[None]]] = {
            "augment": self.augment, "train": self.train, "predict": self.predict, "look": self.look_around,
        }  # fmt: skip
        order = [kind for kind, share in SHARES.items() for _ in range(share)]
        first = ("augment", "train", "augment", "predict")[self.number % 4]
        try:
            while time.monotonic() < until:
                kind, first = first or self.random.choice(order), ""
                try:
                    await visits[kind](until)
                except (LateError, OSError) as error:
                    self.notes.error(f"{self.name} on {kind}: {error}")
                    await self._think(1, 2)
        finally:
            self.notes.errors += [f"{self.name} saw {sentence}" for sentence in self.tab.exceptions]
            await self.tab.close()

    async def augment(self, until: float) -> None:
        """Upload an own photo on the first visit, then move sliders in bursts."""
        await self._open("augment", f"seed={self.seed}")
        if not self._has_photo:
            await self._upload_own_photo()
        end = min(until, time.monotonic() + self.random.uniform(30, 60))
        while time.monotonic() < end:
            if self.random.random() < 0.1:
                view = self.random.choice(("One transform", "The recipe"))
                with suppress(LateError):
                    await self.tab.set("augment-view", view)
                await self._think(1, 3)
            await self._burst()
            await self._think(2, 6)

    async def _burst(self) -> None:
        """A few moves of one slider, faster than the answers perhaps come."""
        name = self.random.choice(list(SLIDERS))
        low, high = SLIDERS[name]
        answers = []
        for _ in range(self.random.randint(1, 3)):
            value = self.random.randint(1, 100) / 100 * (high - low) + low
            value = round(value) if name == "rotation_range" else round(round(value * 20) / 20, 2)
            if not self._has(name, value):
                answers.append(asyncio.create_task(self._move(name, value)))
            await asyncio.sleep(self.random.uniform(0.3, 0.8))
        for error in await asyncio.gather(*answers, return_exceptions=True):
            if isinstance(error, BaseException):
                raise error

    async def _move(self, name: str, value: float) -> None:
        """Move a slider and wait for the pictures of that move, or of a later one that came before it was drawn."""
        started, self._latest = time.perf_counter(), (name, value)
        await self.tab.set(f"transform-rotation-{name}", float(value))
        what = f"{name} {value}"
        end = await self.tab.until(lambda: self._has(name, value) or self._has(*self._latest), PATIENCE, what)
        self.notes.seconds["move"].append(end - started)
        await self.tab.pictures()
        self.notes.seconds["move with pictures"].append(time.perf_counter() - started)

    def _has(self, name: str, value: float) -> bool:
        """Whether the address, which each move rewrites before its pictures, has this value."""
        defaults = {"rotation_range": 15, "probability": 1.0}
        for step in self.tab.json_parameter("recipe") or []:
            if step["transform"] == "rotation":
                return abs(float(step.get(name, defaults[name])) - value) < 1e-6
        return False

    async def _upload_own_photo(self) -> None:
        await self.tab.until(lambda: self.tab.has("photo-source"), PATIENCE, "the choice of a photo")
        await self.tab.set("photo-source", "Upload")
        await self.tab.until(lambda: self.tab.has("photo-upload"), PATIENCE, "the uploader")
        name = next(iter(self.photos))
        started = time.perf_counter()
        await self.tab.upload("photo-upload", {name: self.photos[name]})
        alt = f"The photo {name} before and after"
        end = await self.tab.until(lambda: bool(self._before(alt)), PATIENCE, alt)
        self.notes.seconds["upload to Augment"].append(end - started)
        self._has_photo = True
        expected = preview.encode(np.asarray(photos.square(self.photos[name], 299)))
        if base64.b64decode(self._before(alt)) != expected:
            self.notes.foreign.append(f"{self.name} got another picture for {name}")

    def _before(self, alt: str) -> str:
        """The unchanged photo under the divider; empty if that picture is not there."""
        return next((str(data["before"]) for data in self.tab.components() if data.get("alt") == alt), "")

    async def train(self, until: float) -> None:
        """Change a setting, and watch the curves."""
        await self._open("train")
        if self.tab.has("train-epochs"):
            with suppress(LateError):
                await self.tab.set("train-epochs", self.epochs)
        end = min(until, time.monotonic() + self.random.uniform(20, 45))
        while time.monotonic() < end:
            await self._think(4, 8)
            if self.tab.has("train-log-scale"):
                with suppress(LateError):
                    started, before = time.perf_counter(), self.tab.fragment_runs
                    await self.tab.set("train-log-scale", self.random.random() < 0.5)
                    ended = await self.tab.until(lambda before=before: self.tab.fragment_runs > before, PATIENCE)
                    self.notes.seconds["click on Train"].append(ended - started)

    async def predict(self, until: float) -> None:
        """Upload own photos, wait for the answers, look at them, and start over."""
        await self._open("predict")
        if not self.tab.has("predict-photos") and self.tab.has("predict-clear"):
            await self._start_over()
        started = time.perf_counter()
        uploader = next(key for key in self._uploaders() if self.tab.has(key))
        await self.tab.upload(uploader, self.photos)
        end = await self.tab.until(lambda: self.tab.shows(f"{PHOTOS} photos**"), PATIENCE, "the answers")
        self.notes.seconds["answers to three photos"].append(end - started)
        await self._think(5, 10)
        await self._start_over()
        await self._think(2, 5)

    def _uploaders(self) -> list[str]:
        return ["predict-photos", *(f"predict-photos-{beginning}" for beginning in range(1, 100))]

    async def _start_over(self) -> None:
        await self.tab.set("predict-clear", True)
        await self.tab.until(lambda: not self.tab.has("predict-clear"), PATIENCE)

    async def look_around(self, until: float) -> None:
        """Look at the other pages."""
        for page in self.random.sample(["", "compare", "data"], 2):
            await self._open(page)
            await self._think(4, 8)

    async def _open(self, page: str, query: str = "") -> None:
        self.notes.seconds[f"open {page or 'home'}"].append(await self.tab.open(page, query, PATIENCE))
        await self.tab.pictures()
        await self._think(1, 2)

    async def _think(self, low: float, high: float) -> None:
        await asyncio.sleep(self.pace * self.random.uniform(low, high))

    def _look(self, data: bytes) -> None:
        """Note what belongs to somebody else."""
        for found in set(NAME.findall(data)):
            if int(found) != self.number:
                self.notes.foreign.append(f"{self.name} was sent a photo's name of person{found.decode()}")
        for pattern, own in ((OTHERS_SEED, self.seed), (OTHERS_EPOCHS, self.epochs)):
            for number in set(pattern.findall(self.tab.query)):
                if int(number) != own:
                    self.notes.foreign.append(f"{self.name} was sent the setting {number}")
