"""What is known about a backbone without Keras. The records are in core/backbones.py."""

import os
from dataclasses import dataclass
from pathlib import Path

LARGEST_IMAGE = 640  # px; beyond it a batch of features no longer fits ordinary machines


@dataclass(frozen=True)
class Backbone:
    """A network that turns a photo into a feature map and, pooled, into a vector."""

    key: str  # written into run configs and cards: never rename
    label: str
    explanation: str
    application: str | None  # its class in keras.applications; None if it is built here, or is a saved model's
    scaling: str  # range of the levels that it takes: "-1…1", "0…1", or "0…255" if it scales them itself
    features: int  # length of the pooled vector
    parameters: int  # without the head
    statistics: int  # parameters that no gradient changes: BatchNorm's moving means and variances
    smallest: int  # smallest image size, px
    seconds_per_megapixel: float  # forward, per photo, on two cores
    default_size: int  # px, with a GPU
    cpu_size: int | None = None  # px, without a GPU; None is `default_size`
    gpu_rank: int | None = None  # its place among the proposals on a machine with a GPU; None is never
    cpu_rank: int | None = None  # the same without a GPU
    download_bytes: int = 0  # of the ImageNet weights
    own_sizes: tuple[int, ...] = ()  # image sizes with their own weights in Keras; all others use the last one's
    weights_file: str = ""  # in Keras' cache; {size} is one of `own_sizes`
    folder: str = ""  # of that file on Keras' server
    blocks: int = 0  # that can be fine-tuned separately
    block: str = ""  # regular expression: the name of a block in the names of its layers; the first of them opens it
    learnable: tuple[int, ...] = ()  # parameters that a gradient can change: before the first block, then per block
    architecture: str = ""  # of a saved model's network: the key of the record that it was built from

    @property
    def pretrained(self) -> bool:
        """Whether it has learned before the run and is frozen, with ImageNet weights or as a saved model's network;
        otherwise it is trained from scratch."""
        return self.application is not None or self.is_saved_model

    @property
    def is_saved_model(self) -> bool:
        """Whether it is the network of a saved model, which never learns again (see core/runs/bodies.py)."""
        return bool(self.architecture)

    @property
    def is_tunable(self) -> bool:
        """Whether it can be fine-tuned."""
        return self.blocks > 0

    def proposed_size(self, gpu: bool) -> int:
        """The image size that suits a machine with or without a GPU, px."""
        return self.default_size if gpu or self.cpu_size is None else self.cpu_size

    def rank(self, gpu: bool) -> int | None:
        """Its place among the proposals on a machine with or without a GPU; None is never."""
        return self.gpu_rank if gpu else self.cpu_rank

    def weights_path(self, image_size: int) -> Path | None:
        """Keras' file with the ImageNet weights for this image size, downloaded or not; None without such weights."""
        if self.application is None:
            return None
        size = image_size if image_size in self.own_sizes else self.own_sizes[-1] if self.own_sizes else 0
        return keras_home() / "models" / self.weights_file.format(size=size)

    def is_ready(self, image_size: int) -> bool:
        """Whether it works without a download."""
        path = self.weights_path(image_size)
        return path is None or path.is_file()


def keras_home() -> Path:
    """Keras' own folder: `$KERAS_HOME` or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
