"""The HTML of a report: escaped text, lists, tables, charts and pictures, and the page around them.

The file works offline and loads nothing: styles, Plotly and pictures are inside. Its content security policy allows no
address and only the two scripts named by their hashes, so a text from outside can't run anything.
"""

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NewType

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from core import words
from core.drawing import figures

Html = NewType("Html", str)
NOTHING = Html("")
STYLE = Path(__file__).with_name("style.css")
CHARTS = Path(__file__).with_name("charts.js")
LINK = re.compile(r"\[([^\]]+)\]\((https://[^)\s]+)\)")  # as Markdown has it
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MOST_UNBROKEN = 16  # letters of a cell that stays on one line
PLOT = '<div class="plot"'


def text(value: str) -> Html:
    """A text from outside on one line, escaped for elements and attributes."""
    return Html(html.escape(words.printable(value)))


def joined(parts: Sequence[Html], between: str = "") -> Html:
    return Html(between.join(parts))


def linked(sentence: str) -> Html:
    """One of our own sentences, with its Markdown links."""
    return Html(LINK.sub(r'<a href="\2">\1</a>', html.escape(sentence)))


def paragraph(content: Html, kind: str = "") -> Html:
    """`kind` is a class of style.css."""
    return Html(f"<p{_class(kind)}>{content}</p>") if content else NOTHING


def bullets(sentences: Sequence[str], kind: str = "") -> Html:
    items = "".join(f"<li>{text(sentence)}</li>" for sentence in sentences)
    return Html(f"<ul{_class(kind)}>{items}</ul>") if items else NOTHING


def list_of(title: str, sentences: Sequence[str]) -> Html:
    """A list below its title; nothing without sentences."""
    return Html(f"<h3>{text(title)}</h3>{bullets(sentences)}") if sentences else NOTHING


def terms(pairs: Sequence[tuple[str, str]], kind: str) -> Html:
    """Terms with their values or explanations."""
    items = "".join(f"<div><dt>{text(term)}</dt><dd>{text(value)}</dd></div>" for term, value in pairs)
    return Html(f"<dl{_class(kind)}>{items}</dl>") if items else NOTHING


def table(titles: Sequence[str], rows: Sequence[Sequence[Html]], marked: int | None = None) -> Html:
    """A table with a row's name in its first column. On a phone, each row becomes a card. `marked` is a row's place."""
    head = "".join(f'<th scope="col">{text(title)}</th>' for title in titles)
    body = "".join(_row(titles, cells, place == marked) for place, cells in enumerate(rows))
    return Html(f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


def _row(titles: Sequence[str], cells: Sequence[Html], is_marked: bool) -> str:
    first, *others = cells
    values = "".join(
        f'<td data-title="{text(title)}"{_class(_size(cell))}>{cell}</td>'
        for title, cell in zip(titles[1:], others, strict=True)
    )
    return f'<tr{_class("best" if is_marked else "")}><th scope="row">{first}</th>{values}</tr>'


def _size(cell: Html) -> str:
    if not cell:
        return "empty"
    return "short" if len(html.unescape(cell)) <= MOST_UNBROKEN else ""


def chart(figure: go.Figure, alt: str) -> Html:
    """A Plotly figure, which this changes: its looks become the report's. charts.js draws it."""
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "color": figures.INKS["light"], "size": 13},
        dragmode=False,  # a finger scrolls the page
    )
    figure.update_xaxes(zeroline=False, automargin=True, title_standoff=8)
    figure.update_yaxes(automargin=True, title_standoff=8)
    data = re.sub("[<>&]", lambda sign: f"\\u{ord(sign[0]):04x}", figure.to_json())  # no end of the script within
    return Html(f'{PLOT} role="img" aria-label="{text(alt)}"></div><script type="application/json">{data}</script>')


def charts(*parts: Html, caption: str) -> Html:
    """Charts side by side where there is room, with a caption below."""
    kind = "single" if len(parts) == 1 else ""
    drawn = f'<div class="charts">{joined(parts)}</div>'
    return Html(f"<figure{_class(kind)}>{drawn}<figcaption>{text(caption)}</figcaption></figure>")


def swatch(colour: str) -> Html:
    """A dot in the colour of a curve."""
    return Html(f'<span class="swatch" style="background:{colour}"></span>')


def legend(entries: Sequence[tuple[str, str]]) -> Html:
    """The names of curves with their colours. Plotly's own legend takes the room of the curves if names are long."""
    items = "".join(f"<li>{swatch(colour)}{text(name)}</li>" for name, colour in entries)
    return Html(f'<ul class="legend">{items}</ul>')


def picture(jpeg: bytes, alt: str) -> Html:
    return Html(f'<img src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" alt="{text(alt)}">')


def section(title: str, *parts: Html) -> Html:
    """A part of the report below its title; nothing without content."""
    content = joined(parts)
    return Html(f"<section><h2>{text(title)}</h2>{content}</section>") if content else NOTHING


def page(title: str, *parts: Html) -> Html:
    """The whole file."""
    content, style = joined(parts), STYLE.read_text(encoding="utf-8")
    scripts = [get_plotlyjs(), CHARTS.read_text(encoding="utf-8")] if PLOT in content else []
    allowed = " ".join(map(_hash, scripts)) or "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"
    without = "<noscript><p>The charts need JavaScript.</p></noscript>" if scripts else ""
    return Html(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>{without}{content}</main>\n"
        f"{''.join(f'<script>{script}</script>' for script in scripts)}\n</body>\n</html>\n"
    )


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
