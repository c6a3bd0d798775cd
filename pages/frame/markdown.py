"""Escapes names and messages for Streamlit's Markdown."""

SPECIAL = frozenset("\\`*_{}[]<>#|~$:&")  # in Markdown and in Streamlit's additions to it


def plain(text: str) -> str:
    """The text of a user (a name of a file, class or run), escaped so that Streamlit shows it as it is."""
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in text)
