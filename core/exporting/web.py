"""A saved model as a page for the browser: one HTML file that answers photos offline, without a server.

Model and runtime lie in the page, compressed and in base64. Its content security policy allows no address and only the
two scripts and the style named by their hashes, so nothing can be sent, and a text from outside can't run anything.
"""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import words
from core.answering import doubt
from core.answering.shelf import Model
from core.errors import ModelError, SettingsError
from core.exporting import browser_runtime
from core.exporting.browser_runtime import Progress
from core.files import atomic
from core.files.names import path_text, printable_name

PARTS = Path(__file__).with_name("web_page")
SCRIPTS = (  # one module; each uses what stands above it
    "facts.js", "network.js", "resize.js", "photo.js", "doubt.js", "names.js", "cards.js", "table.js", "camera.js",
    "page.js",
)  # fmt: skip
SLOT = re.compile(r"\{\{(=?)(\w+)\}\}")  # of page.html: {{text}} of texts.json, {{=part}} of ours
EXPORTS = re.compile(r"\bexport\s*\{([^}]*)\};?\s*(//# sourceMappingURL=\S*\s*)?$")
LONGEST_LABEL = 80  # characters
MOST_BYTES = 500_000_000  # of a model: a page with more doesn't open on a phone


def write(
    onnx_path: Path,
    model: Model,
    path: Path,
    labels: Mapping[str, str] | None = None,
    *,
    progress: Progress | None = None,
) -> None:
    """Write the page for a model whose ONNX file is at `onnx_path`, replacing an earlier file.

    `labels` are the names that the page shows instead of some of the model's labels; `progress` gets sentences to show
    meanwhile. Raises SettingsError for labels that the model doesn't have, ModelError if the ONNX file can't be read,
    DownloadError if the runtime can't be had, and OSError.
    """
    names = shown_names(model, labels or {})
    try:
        network = atomic.read_bytes(onnx_path, MOST_BYTES)
    except OSError as error:
        name = printable_name(path_text(onnx_path))
        raise ModelError(f"The ONNX file {name} can't be read ({error}). Export the model as ONNX again.") from None
    runtime = browser_runtime.load(progress)
    if progress:
        progress("Writing the page …")
    page = assembled(model, names, network, runtime)
    atomic.write(path, lambda file: file.write(page.encode()))


def shown_names(model: Model, labels: Mapping[str, str]) -> list[str]:
    """The name that people see for each of the model's labels. Raises SettingsError."""
    if unknown := [label for label in labels if label not in model.labels]:
        choices = words.listed(model.labels)
        raise SettingsError(f"A label to rename must be one of {choices}, got {words.quoted(unknown[0])}.")
    names = [labels.get(label, words.printable(label)).strip() for label in model.labels]
    for label, name in zip(model.labels, names, strict=True):
        if label in labels and not (name and name.isprintable() and len(name) <= LONGEST_LABEL):
            raise SettingsError(
                f"The name for {words.quoted(label)} must have 1 to {LONGEST_LABEL} printable characters, got "
                f"{words.quoted(labels[label])}."
            )
    return names


def assembled(model: Model, names: list[str], network: bytes, runtime: browser_runtime.Runtime) -> str:
    """The whole page. `names` are those that people see, in the order of the model's labels."""
    texts = json.loads((PARTS / "texts.json").read_text(encoding="utf-8"))
    style = (PARTS / "page.css").read_text(encoding="utf-8")
    scripts = [_runtime_script(runtime.script), _page_script()]
    parts = {
        **_sentences(model, names, texts),
        "policy": _policy(style, scripts),
        "style": style,
        "facts": _json(_facts(model, names, texts)),
        "wasm": _packed(runtime.wasm),
        "onnx": _packed(network),
        "runtime_script": scripts[0],
        "page_script": scripts[1],
        "licence": _text((PARTS / "onnxruntime-licence.txt").read_text(encoding="utf-8")),
    }
    template = (PARTS / "page.html").read_text(encoding="utf-8")
    return SLOT.sub(lambda slot: parts[slot[2]] if slot[1] else _text(texts[slot[2]]), template)


def _sentences(model: Model, names: list[str], texts: dict[str, str]) -> dict[str, str]:
    """The sentences with facts about the model, escaped."""
    card = model.card
    score = card.scores.test or card.scores.validation
    kind = "taught" if card.taught else "test" if card.scores.test else "validation"
    accuracy = texts[f"accuracy_{kind}"].format(share=f"{score.accuracy or 0:.0%}", count=f"{score.count:,}")
    warnings = []
    if model.is_drawn:
        warnings.append(texts["drawn"])
    if card.corrected and not card.corrected.scored:
        warnings.append(texts["unscored"].format(origin=words.printable(card.corrected.origin)))
    if card.is_calibrated_on_few:
        warnings.append(texts["few"].format(count=card.scores.validation.count))
    return {
        "model": _dated(texts["model"].replace("{name}", words.printable(model.name)), model.created),
        "accuracy": _text(accuracy),
        "labels": ", ".join(f'<span data-class="{place}">{_text(name)}</span>' for place, name in enumerate(names)),
        "warnings": "".join(f'<p class="warning">{_text(sentence)}</p>' for sentence in warnings),
        "about_answers": _text(texts["about_answers"].format(rate=f"{doubt.FALSE_ALARMS:.0%}")),
        "about_made": _dated(texts["about_made"], datetime.now(UTC).isoformat()),
        "about_runtime": _text(texts["about_runtime"].format(version=browser_runtime.VERSION)),
    }


def _facts(model: Model, names: list[str], texts: dict[str, str]) -> dict[str, Any]:
    """What the scripts need to know."""
    return {
        "id": f"{model.name} {model.created}",
        "size": model.card.image_size,
        "labels": model.labels,
        "names": names,
        "doubt": {
            "limits": model.card.limits[doubt.FALSE_ALARMS].model_dump(),
            "ahead": doubt.AHEAD,
            "above_chance": doubt.ABOVE_CHANCE,
        },
        "texts": texts,
    }


def _runtime_script(module: str) -> str:
    """The runtime's module as an inline script: what it exports becomes `globalThis.ort`.

    Imports from an inline script need an address, which a file that was opened from a disk or a mail does not have.
    """
    exports = EXPORTS.search(module)
    assert exports is not None  # the hash says that it is the known module
    pairs = (export.split(" as ") for export in exports[1].split(","))
    names = ",".join(f"{outside.strip()}:{inside.strip()}" for inside, outside in pairs)
    return f"{module[: exports.start()]}globalThis.ort={{{names}}};\n"


def _page_script() -> str:
    return "\n".join((PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS)


def _policy(style: str, scripts: list[str]) -> str:
    allowed = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; script-src {allowed} 'wasm-unsafe-eval'; style-src {_hash(style)}; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _packed(data: bytes) -> str:
    """Compressed by gzip, in base64; always the same for the same data."""
    packed = gzip.compress(data, 6, mtime=0)  # level 9 takes twice the time for half a percent
    return base64.b64encode(packed).decode()


def _json(value: Any) -> str:
    """JSON that can't end the script element in which it stands."""
    return re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False))


def _text(value: str) -> str:
    """A text, escaped for elements and attributes."""
    return html.escape(value)


def _dated(sentence: str, date: str) -> str:
    """A sentence with the day of a date, which the page shows in its language; both from outside."""
    moment = words.moment(date)
    day = f'<time datetime="{moment:%Y-%m-%d}">{moment:%Y-%m-%d}</time>' if moment else "?"
    before, _, after = sentence.rpartition("{date}")
    return f"{_text(before)}{day}{_text(after)}"
