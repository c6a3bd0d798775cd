"""A small network learns from a large one; both see the same augmented, mixed views (Beyer et al. 2021, CVPR,
"Knowledge distillation: a good teacher is patient and consistent").

The usual engine draws a view from the same numbers at the student's size and at the teacher's. MixUp (Zhang et al.
2018, ICLR, equation 1) blends photos of the view with other photos. The teacher's answers to a view stay in the cache,
so it looks at each view once, however long the student learns.
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
from core.answering import head, litert, model_files
from core.answering.shelf import Model
from core.augment import engine, recipe
from core.augment.recipe import Recipe
from core.datasets import pack as pack_module
from core.datasets.pack import Pack
from core.files import arrays
from models.backdrops import Backdrops

VERSION = 1  # increase it when the same settings give a different view


@dataclass(frozen=True)
class Mixing:
    """The photos that a view blends."""

    partners: NDArray[np.intp]  # (photos,)
    shares: NDArray[np.float32]  # (photos,), the partner's weight from 0 to 1; 0 leaves the photo unchanged

    @classmethod
    def of(cls, photos: int, view: int, seed: int, mixed: float) -> "Mixing":
        """Blend a share `mixed` of the photos, with weights spread evenly from 0 to 1."""
        generator = np.random.default_rng([seed, view])
        partners = generator.permutation(photos)
        shares = np.where(generator.random(photos) < mixed, generator.random(photos), 0.0)
        return cls(partners, shares.astype(np.float32))

    def of_labels(self, one_hot: NDArray[np.float32]) -> NDArray[np.float32]:
        """The labels, blended like the photos: (photos, classes)."""
        shares = self.shares[:, None]
        return (1 - shares) * one_hot + shares * one_hot[self.partners]


@dataclass(frozen=True)
class Views:
    """The training photos that student and teacher see."""

    recipe: Recipe
    mixed: float  # share of the photos that are blended with another photo
    seed: int
    backdrops: Backdrops | None = None

    def mixing(self, pack: Pack, view: int) -> Mixing:
        return Mixing.of(len(pack), view, self.seed, self.mixed)

    def photos(self, pack: Pack, view: int) -> NDArray[np.uint8]:
        """The whole view: uint8 (photos, size, size, 3)."""
        with ThreadPoolExecutor(machine.cores()) as threads:
            pixels = self.backdrops.exchanged(pack, view, threads) if self.backdrops else np.asarray(pack.pixels)
            changed = engine.augment(pixels, pack.numbers, view, self.recipe, self.seed, threads)
        arrays.release(pack.pixels)
        mixing = self.mixing(pack, view)
        blended = changed.copy()
        for i in np.flatnonzero(mixing.shares):
            share = float(mixing.shares[i])
            cv2.addWeighted(changed[i], 1 - share, changed[mixing.partners[i]], share, 0, dst=blended[i])
        return blended

    def name(self, pack: Pack, view: int) -> str:
        """A hash of everything that the view depends on."""
        exchanged = self.backdrops.share if self.backdrops else 0.0
        text = json.dumps(
            [VERSION, pack_module.VERSION, recipe.dumps(self.recipe), self.mixed, exchanged, self.seed, view, pack.keys]
        )
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class Teacher:
    """A saved model that answers for views."""

    def __init__(self, model: Model, pack: Pack, views: Views) -> None:
        """`pack` has the training photos at the teacher's own size. Raises ModelError."""
        self._backbone = litert.Backbone(model.folder / model_files.BACKBONE)
        self._head = head.load(model.folder / "head.npz")
        self._pack, self._views, self._classes = pack, views, len(model.labels)
        self.features = len(self._head.kernels[0])  # length of its pooled vector
        self._name = model.card.files[model_files.BACKBONE].hash[:16]

    def answers(self, view: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Its logits (photos, classes) and pooled vectors (photos, features) for the view's photos."""
        path = workspace.cache() / "features" / f"taught-{self._name}-{self._views.name(self._pack, view)}.npy"
        answers = arrays.mapped(path, len(self._pack))
        if answers is None:
            answers, _ = arrays.store(path, self._compute(view), len(self._pack))
        return answers[:, : self._classes].astype(np.float32), answers[:, self._classes :].astype(np.float32)

    def _compute(self, view: int) -> Iterator[NDArray[np.float16]]:
        for vectors in self._backbone.vectors(self._views.photos(self._pack, view)):
            yield np.concatenate([self._head.logits(vectors), vectors], axis=1).astype(np.float16)
