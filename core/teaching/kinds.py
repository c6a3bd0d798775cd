"""The kinds of things that people teach a model."""

NONE = "none of these"
"""The class of photos that show nothing of interest. A model doesn't answer with it; they sharpen its doubt."""
