"""A run's network as a small drawing (SVG): what is frozen, what learns and how wide each layer is."""

import html
import math
from dataclasses import dataclass

from core.backbone import Backbone
from core.drawing.figures import INKS, ON_ACCENT, PALETTES
from core.runs import bodies
from core.runs.config import RunConfig

WIDTH, ROW, GAP, MARGIN = 340, 32, 12, 2  # px
NARROWEST = 188  # px, so that the text fits
LONGEST_LABEL = 30  # characters of a backbone's label, so that its row fits
MOST_UNITS = 8192  # drawn as wide as the drawing
ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "tanh": "tanh", "sigmoid": "sigmoid"}
FROZEN = {"light": "#E4DCD3", "dark": "#3A3136"}


@dataclass(frozen=True)
class Layer:
    """One row of the drawing."""

    words: str
    units: int  # sets its width
    kind: str  # "learns", "frozen", "tuned" (frozen at first, then it learns) or "passes" (has no weights)


def layers(config: RunConfig, classes: int) -> list[Layer]:
    """The network's layers, from photo to probabilities."""
    body = bodies.of(config.backbone)
    side = config.image_size
    rows = [
        Layer(f"Photo, {side} × {side} px", MOST_UNITS, "passes"),
        *_backbone(config, body),
        Layer(f"{body.features:,} features", body.features, "passes"),
    ]
    dropout = f"Dropout {config.dropout:.3g}"
    for units in config.dense_layers:
        rows.append(Layer(f"Dense {units:,}, {ACTIVATIONS[config.activation]}", units, "learns"))
        rows += [Layer(dropout, units, "passes")] if config.dropout else []
    if not config.dense_layers and config.dropout:
        rows.append(Layer(dropout, body.features, "passes"))
    return [
        *rows,
        Layer(f"Dense {classes:,}: the logits", classes, "learns"),
        Layer("Softmax: probabilities", classes, "passes"),
    ]


def _backbone(config: RunConfig, body: Backbone) -> list[Layer]:
    """One row, or two if only the last blocks are fine-tuned."""
    label, tuned = _shortened(body.label.removesuffix(" from scratch")), config.fine_tune
    if not tuned:
        state = "frozen" if body.pretrained else "learns"
        return [Layer(f"{label}, {state}", MOST_UNITS, state)]
    blocks = tuned.blocks or body.blocks
    before = body.blocks - blocks
    if tuned.blocks is None or not sum(body.learnable[: before + 1]):
        return [Layer(f"{label}, fine-tuned", MOST_UNITS, "tuned")]
    first = f"first {_blocks(before)}" if before else "before its blocks"
    return [
        Layer(f"{label}, {first}: frozen", MOST_UNITS, "frozen"),
        Layer(f"Last {_blocks(blocks)}: fine-tuned", MOST_UNITS, "tuned"),
    ]


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _blocks(count: int) -> str:
    return f"{count} blocks" if count > 1 else "block"


def alt(config: RunConfig, classes: int) -> str:
    """The drawing as alternative text."""
    return "The network: " + "; ".join(layer.words for layer in layers(config, classes))


def svg(config: RunConfig, classes: int, theme: str = "light") -> str:
    """The drawing, `WIDTH` px wide: filled rows learn, grey ones are frozen, outlined ones have no weights.

    Grey rows with a coloured frame learn during fine-tuning.
    """
    rows = layers(config, classes)
    height = len(rows) * (ROW + GAP) - GAP + 2 * MARGIN
    middle = WIDTH / 2 + MARGIN
    accent, ink = PALETTES[theme][0], INKS[theme]
    parts = []
    for i, row in enumerate(rows):
        width, top = _width(row.units), MARGIN + i * (ROW + GAP)
        if i + 1 < len(rows):
            below = _width(rows[i + 1].units)
            upper, lower = top + ROW, top + ROW + GAP
            corners = ((-width, upper), (width, upper), (below, lower), (-below, lower))
            points = " ".join(f"{middle + x / 2:.1f},{y}" for x, y in corners)
            parts.append(f'<polygon points="{points}" fill="{ink}" fill-opacity="0.09"/>')
        fill = {"learns": accent, "frozen": FROZEN[theme], "tuned": FROZEN[theme], "passes": "none"}[row.kind]
        dash = ' stroke-dasharray="4 3"' if row.words.startswith("Dropout") else ""
        edge = f' stroke="{ink}" stroke-opacity="0.45"{dash}' if row.kind == "passes" else ""
        if row.kind == "tuned":
            edge = f' stroke="{accent}" stroke-width="3"'
        parts.append(
            f'<rect x="{middle - width / 2:.1f}" y="{top}" width="{width:.1f}" height="{ROW}" rx="7" '
            f'fill="{fill}"{edge}/>'
            f'<text x="{middle}" y="{top + ROW / 2 + 5}" text-anchor="middle" '
            f'fill="{ON_ACCENT[theme] if row.kind == "learns" else ink}">{html.escape(row.words)}</text>'
        )
    full = WIDTH + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{full}" height="{height}" viewBox="0 0 {full} {height}" '
        f'font-family="Source Sans, Segoe UI, Helvetica, Arial, sans-serif" font-size="15">{"".join(parts)}</svg>'
    )


def _width(units: int) -> float:
    """The row's width in px, on a logarithmic scale."""
    share = math.log(max(1, units)) / math.log(MOST_UNITS)
    return NARROWEST + (WIDTH - NARROWEST) * min(1.0, share)
