"""What fills the area that the geometric transforms leave empty: a setting of the engine's single warp."""

from core.augment.geometry import KERAS
from core.augment.transform import KerasEquivalent, Parameter, Stage, Transform

FILL_MODES = {  # OpenCV's names by Keras' names
    "nearest": "BORDER_REPLICATE",
    "reflect": "BORDER_REFLECT",
    "wrap": "BORDER_WRAP",
    "constant": "BORDER_CONSTANT",
}

BORDER = Transform(
    key="border",
    label="Border",
    explanation="What fills the corners that a rotation, shift, shear or zoom leaves empty.",
    harm="A constant colour adds edges that the model may learn from.",
    stage=Stage.GEOMETRY,
    parameters=(
        Parameter(
            "fill_mode",
            "Fill mode",
            0,
            0,
            default="nearest",
            neutral="nearest",
            choices=tuple(FILL_MODES),
            help="nearest: repeat the edge pixels · reflect: mirror the photo · wrap: continue at the opposite edge · "
            "constant: one grey level.",
        ),
        Parameter(
            "cval",
            "Grey level",
            0,
            255,
            default=0,
            neutral=0,
            help="Used when the fill mode is constant: 0 is black, 255 is white.",
        ),
    ),
    source=KERAS,
    takes_effect="You see its effect when another transform leaves a corner empty.",
    keras=KerasEquivalent(generator=lambda probability, fill_mode, cval: {"fill_mode": fill_mode, "cval": cval}),
)
