"""Numbers that people set by environment variables."""

import math
import os


def number(variable: str, usual: float, what: str = "a number", most: float = float("inf")) -> float:
    """The value of an environment variable, or `usual` where it is not set; a wrong one is printed and not used."""
    text = os.environ.get(variable, "").strip()
    try:
        value = float(text) if text else usual
    except ValueError:
        value = math.nan
    if 0 <= value <= most:
        return value
    print(f"{variable} must be {what}, got {text!r}. Using {usual:g}.")
    return usual
