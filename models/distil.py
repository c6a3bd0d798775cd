"""A small network learns from a large one: both see the same augmented, mixed views (Beyer et al. 2021, CVPR,
"Knowledge distillation: a good teacher is patient and consistent").

A view is drawn by the engine as everywhere else, at the student's size and at the teacher's from the same numbers, and
MixUp (Zhang et al. 2018, ICLR, equation 1) blends each photo of it with another one. What the teacher says of a view is
kept in the cache, so that it looks at each once however long the student learns.
"""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core import machine, workspace
from core.answering import head, litert
from core.answering.shelf import Model
from core.augment import engine, recipe
from core.augment.recipe import Recipe
from core.datasets import pack as pack_module
from core.datasets.pack import Pack
from core.files import arrays

VERSION = 1  # count up when a view comes out differently


@dataclass(frozen=True)
class Mixing:
    """Which photos a view blends."""

    partners: NDArray[np.intp]  # (photos,)
    shares: NDArray[np.float32]  # (photos,) of the partner, 0 to 1; 0 leaves the photo alone

    @classmethod
    def of(cls, photos: int, view: int, seed: int, mixed: float) -> "Mixing":
        """A share `mixed` of the photos is blended, evenly from not at all to wholly."""
        generator = np.random.default_rng([seed, view])
        partners = generator.permutation(photos)
        shares = np.where(generator.random(photos) < mixed, generator.random(photos), 0.0)
        return cls(partners, shares.astype(np.float32))

    def of_labels(self, one_hot: NDArray[np.float32]) -> NDArray[np.float32]:
        """The labels (photos, classes), blended as the photos are."""
        shares = self.shares[:, None]
        return (1 - shares) * one_hot + shares * one_hot[self.partners]


@dataclass(frozen=True)
class Views:
    """The training photos as student and teacher see them."""

    recipe: Recipe
    mixed: float  # share of the photos that are blended with another one
    seed: int

    def mixing(self, pack: Pack, view: int) -> Mixing:
        return Mixing.of(len(pack), view, self.seed, self.mixed)

    def photos(self, pack: Pack, view: int) -> NDArray[np.uint8]:
        """The whole view: uint8 (photos, size, size, 3)."""
        with ThreadPoolExecutor(machine.cores()) as threads:
            changed = engine.augmented(np.asarray(pack.pixels), pack.numbers, view, self.recipe, self.seed, threads)
        arrays.release(pack.pixels)
        mixing = self.mixing(pack, view)
        blended = changed.copy()
        for i in np.flatnonzero(mixing.shares):
            share = float(mixing.shares[i])
            cv2.addWeighted(changed[i], 1 - share, changed[mixing.partners[i]], share, 0, dst=blended[i])
        return blended

    def name(self, pack: Pack, view: int) -> str:
        """A hash that names what the view shows."""
        text = json.dumps(
            [VERSION, pack_module.VERSION, recipe.dumps(self.recipe), self.mixed, self.seed, view, pack.keys]
        )
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class Teacher:
    """A saved model that is asked about views."""

    def __init__(self, model: Model, pack: Pack, views: Views) -> None:
        """`pack` has the training photos at the teacher's own size. Raises ModelError."""
        self._backbone = litert.Backbone(model.folder / "backbone.tflite")
        self._head = head.load(model.folder / "head.npz")
        self._pack, self._views, self._classes = pack, views, len(model.labels)
        self.features = len(self._head.kernels[0])  # length of its pooled vector
        self._name = model.card.files["backbone.tflite"].hash[:16]

    def answers(self, view: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What it says of the view's photos: logits (photos, classes) and pooled vectors (photos, features)."""
        path = workspace.cache() / "features" / f"taught-{self._name}-{self._views.name(self._pack, view)}.npy"
        stored = arrays.mapped(path, len(self._pack))
        if stored is None:
            stored, _ = arrays.store(path, self._computed(view), len(self._pack))
        return stored[:, : self._classes].astype(np.float32), stored[:, self._classes :].astype(np.float32)

    def _computed(self, view: int) -> Iterator[NDArray[np.float16]]:
        for vectors in self._backbone.vectors(self._views.photos(self._pack, view)):
            yield np.concatenate([self._head.logits(vectors), vectors], axis=1).astype(np.float16)
