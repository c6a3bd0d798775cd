"""Names that somebody else chose, in Streamlit's Markdown."""

SPECIAL = frozenset("\\`*_{}[]<>#|~$:&")  # to Markdown and to Streamlit's own marks


def plain(text: str) -> str:
    """A name that somebody else chose (a file, a class, a run), so that Streamlit reads no Markdown in it."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in text)
