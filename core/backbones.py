"""A record for each backbone. Keras need not be imported to read them."""

from core.backbone import Backbone
from core.errors import SettingsError
from core.words import quoted

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
    block=r"(block_\d+)_",
    folder="mobilenet_v2",
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
    block=r"(block\d+)_",
    folder="xception",
    learnable=(0, 19_488, 35_264, 136_064, 915_944, *(1_613_976,) * 8, 2_039_584, 4_748_800),
)

EFFICIENTNET_V2_B0 = Backbone(
    key="efficientnet_v2_b0",
    label="EfficientNetV2-B0",
    explanation="Larger than MobileNetV2 and more accurate on ImageNet (Tan and Le 2021).",
    application="EfficientNetV2B0",
    scaling="0…255",
    features=1280,
    parameters=5_919_312,
    statistics=60_608,
    smallest=32,
    seconds_per_megapixel=0.23,
    default_size=224,
    cpu_size=150,
    download_bytes=24_300_000,
    weights_file="efficientnetv2-b0_notop.h5",
    folder="efficientnet_v2",
    blocks=21,
    block=r"(block\d[a-z])_",
    learnable=(
        928,
        4_640,
        11_456,
        41_280,
        43_360,
        92_640,
        35_148,
        *(97_752,) * 2,
        155_768,
        *(197_820,) * 4,
        251_740,
        *(569_520,) * 6,
        817_840,
    ),
)

EFFICIENTNET_V2_S = Backbone(
    key="efficientnet_v2_s",
    label="EfficientNetV2-S",
    explanation="As large as Xception and more accurate on ImageNet; slow without a GPU (Tan and Le 2021).",
    application="EfficientNetV2S",
    scaling="0…255",
    features=1280,
    parameters=20_331_360,
    statistics=153_872,
    smallest=32,
    seconds_per_megapixel=0.92,
    default_size=299,
    cpu_size=150,
    download_bytes=82_400_000,
    weights_file="efficientnetv2-s_notop.h5",
    folder="efficientnet_v2",
    blocks=40,
    block=r"(block\d[a-z])_",
    learnable=(
        696,
        *(5_232,) * 2,
        25_632,
        *(92_640,) * 3,
        95_744,
        *(164_480,) * 3,
        61_200,
        *(171_296,) * 5,
        281_440,
        *(397_800,) * 8,
        490_152,
        *(1_005_120,) * 13,
        1_335_360,
    ),
)

CONVNEXT_TINY = Backbone(
    key="convnext_tiny",
    label="ConvNeXt-Tiny",
    explanation="Large convolutions in the manner of a transformer, without BatchNorm; slow without a GPU (Liu et al. "
    "2022).",
    application="ConvNeXtTiny",
    scaling="0…255",
    features=768,
    parameters=27_820_128,
    statistics=0,
    smallest=32,
    seconds_per_megapixel=2.0,
    default_size=224,
    cpu_size=150,
    download_bytes=111_600_000,
    weights_file="convnext_tiny_notop.h5",
    folder="convnext",
    blocks=18,
    block=r"convnext_tiny_(stage_\d_block_\d)_",
    learnable=(
        4_896,
        *(79_296,) * 2,
        153_408,
        *(306_048,) * 2,
        601_728,
        *(1_201_920,) * 8,
        2_383_104,
        *(4_763_136,) * 2,
        4_764_672,
    ),
)

MOBILENET_V3_LARGE = Backbone(
    key="mobilenet_v3_large",
    label="MobileNetV3-Large",
    explanation="About as small and fast as MobileNetV2, found by a search for fast networks (Howard et al. 2019).",
    application="MobileNetV3Large",
    scaling="0…255",
    features=960,
    parameters=2_996_352,
    statistics=24_400,
    smallest=32,
    seconds_per_megapixel=0.08,
    default_size=224,
    cpu_size=150,
    download_bytes=12_700_000,
    weights_file="weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
    folder="mobilenet_v3",
    blocks=15,
    block=r"(expanded_conv(?:_\d+)?)_[a-z]",
    learnable=(
        *(464,) * 2,
        3_440,
        4_440,
        10_328,
        *(20_992,) * 2,
        32_080,
        34_760,
        *(31_992,) * 2,
        214_424,
        386_120,
        429_224,
        797_360,
        952_880,
    ),
)

RESNET_50_V2 = Backbone(
    key="resnet50_v2",
    label="ResNet50V2",
    explanation="The classic residual network, which much of the literature compares with (He et al. 2016).",
    application="ResNet50V2",
    scaling="-1…1",
    features=2048,
    parameters=23_564_800,
    statistics=45_440,
    smallest=32,
    seconds_per_megapixel=0.9,
    default_size=224,
    cpu_size=150,
    download_bytes=94_700_000,
    weights_file="resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    folder="resnet",
    blocks=16,
    block=r"(conv\d_block\d)_",
    learnable=(
        9_472,
        74_624,
        *(70_656,) * 2,
        378_880,
        *(280_576,) * 3,
        1_511_424,
        *(1_118_208,) * 5,
        6_037_504,
        4_464_640,
        4_468_736,
    ),
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

BACKBONES = {
    backbone.key: backbone
    for backbone in (
        MOBILENET_V2,
        XCEPTION,
        EFFICIENTNET_V2_B0,
        EFFICIENTNET_V2_S,
        CONVNEXT_TINY,
        MOBILENET_V3_LARGE,
        RESNET_50_V2,
        SMALL_CNN,
        RESIDUAL,
    )
}


def by_rank(gpu: bool) -> list[Backbone]:
    """The proposed backbones for a machine with or without a GPU, first choice first."""
    ranked = [(rank, record.key) for record in BACKBONES.values() if (rank := record.rank(gpu)) is not None]
    return [BACKBONES[key] for _, key in sorted(ranked)]


def backbone(key: str) -> Backbone:
    """The backbone with that key. Raises SettingsError."""
    if key not in BACKBONES:
        raise SettingsError(f"The backbone must be one of {', '.join(BACKBONES)}, got {quoted(key)}.")
    return BACKBONES[key]
