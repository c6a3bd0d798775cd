"""A converted backbone in LiteRT: photos in, feature map and pooled vector out."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import machine
from core.answering.file_errors import damaged
from core.errors import ModelError
from core.files import regular

MOST_BYTES = 2_000_000_000  # of a file: LiteRT's own limit
BATCH = 16  # photos at a time; larger batches are no faster on a CPU and take more memory


class Backbone:
    """A `backbone.tflite`. May be shared between threads; it computes one batch at a time, on all cores."""

    def __init__(self, path: Path) -> None:
        """Raises ModelError if the file is missing or damaged, or if LiteRT is not installed."""
        try:
            from ai_edge_litert.interpreter import Interpreter  # a machine that only trains may lack it
        except ImportError:
            raise ModelError("Saved models need LiteRT, which is not installed. Run `make env`.") from None
        try:
            # LiteRT can't open a path with letters outside ASCII on every system, so the content is read here
            content = regular.read(path, MOST_BYTES)
            self._interpreter = Interpreter(model_content=content, num_threads=machine.cores())
            self._input = self._interpreter.get_input_details()[0]
            outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
            self._map, self._pooled = sorted(outputs, key=lambda output: -len(output["shape"]))
        except (OSError, ValueError, RuntimeError, IndexError) as error:
            raise damaged(path, getattr(error, "strerror", None) or error) from None
        self.size = int(self._input["shape"][1])  # px
        self.features = int(self._pooled["shape"][-1])  # length of the pooled vectors
        self._lock = threading.Lock()
        self._batch = 0

    def vectors(self, photos: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """Yield the pooled vectors of any number of photos, uint8 (photos, size, size, 3), batch by batch."""
        for start in range(0, len(photos), BATCH):
            yield self.run(np.ascontiguousarray(photos[start : start + BATCH]))[1]

    def run(self, photos: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return feature maps, float32 (photos, rows, columns, features), and pooled vectors (photos, features).

        `photos` is uint8 (photos, size, size, 3), with at least one photo.
        """
        with self._lock:
            if len(photos) != self._batch:
                self._interpreter.resize_tensor_input(self._input["index"], photos.shape)
                self._interpreter.allocate_tensors()
                self._batch = len(photos)
            self._interpreter.set_tensor(self._input["index"], photos)
            self._interpreter.invoke()
            return (
                self._interpreter.get_tensor(self._map["index"]),
                self._interpreter.get_tensor(self._pooled["index"]),
            )
