"""The drawing of the network: its layers, and that it is readable."""

import tomllib
import xml.etree.ElementTree as ElementTree

import pytest

from core import workspace
from core.drawing import network_drawing
from core.runs.config import config
from tests.contrast import contrast

SVG = "{http://www.w3.org/2000/svg}"


def test_the_layers_are_those_of_the_network() -> None:
    run = config(dataset="any", image_size=150, dense_layers=(100, 20), activation="gelu", dropout=0.2)
    assert [row.words for row in network_drawing.layers(run, 10)] == [
        "Photo, 150 × 150 px",
        "MobileNetV2, frozen",
        "1,280 features",
        "Dense 100, GELU",
        "Dropout 0.2",
        "Dense 20, GELU",
        "Dropout 0.2",
        "Dense 10: the logits",
        "Softmax: probabilities",
    ]


def test_without_dense_layers_dropout_follows_the_features_and_none_is_not_drawn() -> None:
    assert [row.words for row in network_drawing.layers(config(dataset="any"), 3)][2:4] == [
        "1,280 features",
        "Dropout 0.2",
    ]
    for layers in ((), (10,)):
        run = config(dataset="any", dropout=0, dense_layers=layers)
        assert "Dropout" not in network_drawing.alt(run, 3)


def test_a_network_from_scratch_learns_whole() -> None:
    rows = network_drawing.layers(config(dataset="any", backbone="small_cnn", image_size=96), 3)
    assert rows[1].words == "Small network, learns"
    assert {row.kind for row in rows} == {"learns", "passes"}


@pytest.mark.parametrize(
    ("backbone", "blocks", "expected"),
    [
        ("mobilenet_v2", None, [("MobileNetV2, fine-tuned", "tuned")]),
        (
            "mobilenet_v2",
            3,
            [("MobileNetV2, first 13 blocks: frozen", "frozen"), ("Last 3 blocks: fine-tuned", "tuned")],
        ),
        ("mobilenet_v2", 15, [("MobileNetV2, first block: frozen", "frozen"), ("Last 15 blocks: fine-tuned", "tuned")]),
        (
            "mobilenet_v2",
            16,
            [("MobileNetV2, before its blocks: frozen", "frozen"), ("Last 16 blocks: fine-tuned", "tuned")],
        ),
        ("xception", 1, [("Xception, first 13 blocks: frozen", "frozen"), ("Last block: fine-tuned", "tuned")]),
        ("xception", 14, [("Xception, fine-tuned", "tuned")]),
    ],
)
def test_fine_tuned_layers_are_framed(backbone, blocks, expected) -> None:
    run = config(dataset="any", backbone=backbone, fine_tune={"blocks": blocks})
    rows = network_drawing.layers(run, 3)
    assert [(row.words, row.kind) for row in rows[1 : 1 + len(expected)]] == expected
    assert rows[1 + len(expected)].words.endswith(" features")
    boxes = list(ElementTree.fromstring(network_drawing.svg(run, 3)).iter(f"{SVG}rect"))
    framed = [box.get("stroke") == network_drawing.PALETTES["light"][0] for box in boxes]
    assert framed == [row.kind == "tuned" for row in rows]
    for box, row in zip(boxes, rows, strict=True):
        assert float(box.get("width")) > 7.5 * len(row.words)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("layers", [(), (1,), (8192, 8192, 8192)])
def test_the_picture_shows_every_layer_inside_its_frame(theme, layers) -> None:
    run = config(dataset="any", dense_layers=layers, activation="sigmoid", dropout=0.125)
    root = ElementTree.fromstring(network_drawing.svg(run, 1000, theme))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words == [row.words for row in network_drawing.layers(run, 1000)]
    assert all(word in network_drawing.alt(run, 1000) for word in words)
    width, height = float(root.get("width")), float(root.get("height"))
    for box, text in zip(root.iter(f"{SVG}rect"), root.iter(f"{SVG}text"), strict=True):
        x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert w > 7.5 * len(text.text)  # the text fits


def test_wider_layers_are_drawn_wider() -> None:
    run = config(dataset="any", dense_layers=(1000, 100, 10), dropout=0)
    root = ElementTree.fromstring(network_drawing.svg(run, 10))
    widths = [float(box.get("width")) for box in root.iter(f"{SVG}rect")]
    assert widths[3] > widths[4] > widths[5]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_text_is_readable_on_its_background(theme) -> None:
    with (workspace.PROJECT / ".streamlit" / "config.toml").open("rb") as file:
        colours = tomllib.load(file)["theme"][theme]
    assert network_drawing.INKS[theme] == colours["textColor"]
    for ink, ground in (
        (network_drawing.INKS[theme], network_drawing.FROZEN[theme]),
        (network_drawing.INKS[theme], colours["backgroundColor"]),
        (network_drawing.ON_ACCENT[theme], network_drawing.PALETTES[theme][0]),
    ):
        assert contrast(ink, ground) >= 4.5
