"""The facts about each backbone, as records that do not need Keras. models/build.py builds the networks."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError
from core.words import quoted

LARGEST_IMAGE = 640  # px; beyond it a batch of features no longer fits ordinary machines


@dataclass(frozen=True)
class Backbone:
    """A network that turns a photo into a feature map and, pooled, into a vector."""

    key: str  # written into run configs and cards: never rename
    label: str
    explanation: str
    application: str | None  # its class in keras.applications; None if it is built here, or is a saved model's
    scaling: str  # the range to which levels 0 … 255 are scaled: "-1…1" or "0…1"
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
    blocks: int = 0  # that can be fine-tuned separately
    block: str = ""  # regular expression: the first layer whose name matches opens the block of that number
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


MOBILENET_V2 = Backbone(
    key="mobilenet_v2",
    label="MobileNetV2",
    explanation="Small and fast: the first choice on a machine without a GPU (Sandler et al. 2018).",
    application="MobileNetV2",
    scaling="-1…1",
    features=1280,
    parameters=2_257_984,
    statistics=34_112,
    smallest=32,
    seconds_per_megapixel=0.09,
    default_size=224,
    cpu_size=150,  # quick tries
    gpu_rank=2,
    cpu_rank=1,
    download_bytes=9_400_000,
    own_sizes=(96, 128, 160, 192, 224),
    weights_file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{size}_no_top.h5",
    blocks=16,
    block=r"block_(\d+)_",
    learnable=(
        1_824,
        5_136,
        8_832,
        10_000,
        *(14_848,) * 2,
        21_056,
        *(54_272,) * 3,
        66_624,
        *(118_272,) * 2,
        155_264,
        *(320_000,) * 2,
        886_080,
    ),
)

XCEPTION = Backbone(
    key="xception",
    label="Xception",
    explanation="Large and accurate, and many times slower: the backbone of Machine Learning Zoomcamp (Chollet 2017).",
    application="Xception",
    scaling="-1…1",
    features=2048,
    parameters=20_861_480,
    statistics=54_528,
    smallest=71,
    seconds_per_megapixel=1.0,
    default_size=299,  # the network's original size
    cpu_size=150,
    gpu_rank=1,
    cpu_rank=2,
    download_bytes=83_700_000,
    weights_file="xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
    blocks=14,
    block=r"block(\d+)_",
    learnable=(0, 19_488, 35_264, 136_064, 915_944, *(1_613_976,) * 8, 2_039_584, 4_748_800),
)

SMALL_CNN = Backbone(
    key="small_cnn",
    label="Small network from scratch",
    explanation="Five blocks of convolutions that start from random weights. Needs no download and shows what transfer "
    "learning saves.",
    application=None,
    scaling="0…1",
    features=192,
    parameters=320_112,
    statistics=864,
    smallest=16,
    seconds_per_megapixel=0.03,
    default_size=96,
    gpu_rank=3,
    cpu_rank=3,
)

RESIDUAL = Backbone(
    key="residual",
    label="Residual network from scratch",
    explanation="The network of the starter model: six residual blocks that start from random weights. Learns more "
    "than the small network, but more slowly (after He et al. 2016).",
    application=None,
    scaling="-1…1",
    features=320,
    parameters=1_712_552,
    statistics=4_176,
    smallest=32,
    seconds_per_megapixel=0.12,
    default_size=128,
)

BACKBONES = {backbone.key: backbone for backbone in (MOBILENET_V2, XCEPTION, SMALL_CNN, RESIDUAL)}


def by_rank(gpu: bool) -> list[Backbone]:
    """The proposed backbones for a machine with or without a GPU, first choice first."""
    ranked = [(rank, record.key) for record in BACKBONES.values() if (rank := record.rank(gpu)) is not None]
    return [BACKBONES[key] for _, key in sorted(ranked)]


def backbone(key: str) -> Backbone:
    """The backbone with that key. Raises SettingsError."""
    if key not in BACKBONES:
        raise SettingsError(f"The backbone must be one of {', '.join(BACKBONES)}, got {quoted(key)}.")
    return BACKBONES[key]
