"""What fills the places to which the geometric transforms move nothing: a setting of the engine's one warp."""

import cv2

from core.augment.geometry import KERAS
from core.augment.transform import InKeras, Parameter, Stage, Transform

FILL_MODES = {  # Keras' names
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
    "constant": cv2.BORDER_CONSTANT,
}

BORDER = Transform(
    key="border",
    label="Border",
    explanation="What fills the corners that a rotation, shift, shear or zoom leaves empty.",
    harm="A constant colour draws edges that the model may learn to look at.",
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
            help="nearest: stretch the edge pixels · reflect: mirror · wrap: start again from the other side · "
            "constant: one grey level.",
        ),
        Parameter(
            "cval",
            "Grey level",
            0,
            255,
            default=0,
            neutral=0,
            help="The level used by the fill mode constant: 0 is black, 255 is white.",
        ),
    ),
    source=KERAS,
    keras=InKeras(generator=lambda probability, fill_mode, cval: {"fill_mode": fill_mode, "cval": cval}),
)
