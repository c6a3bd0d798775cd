"""Shows text from outside in Plotly's figures as it is."""

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})


def plain(text: str) -> str:
    """A name or label from outside, escaped for every text of a figure.

    Plotly reads texts as HTML with links and styles, and as a formula between dollar signs if the page has MathJax. It
    reads legends, titles, categories, ticks and what a hover template inserts alike.
    """
    return text.translate(_ENTITIES)
