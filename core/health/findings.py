"""What an examination of the installation and the workspace finds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.files.damage import Damaged


class Level(StrEnum):
    """How serious a finding is."""

    GOOD = "good"
    NOTE = "note"  # works, with a limitation
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    subject: str  # what was examined: "Python", "disk", "run"
    level: Level
    text: str  # what was found, as a sentence
    remedy: str = ""  # what to do, as a sentence
    fix: Callable[[], object] | None = None  # loses nothing
    damaged: Damaged | None = None  # what could be deleted


def good(subject: str, text: str) -> Finding:
    return Finding(subject, Level.GOOD, text)


def note(subject: str, text: str, remedy: str = "", fix: Callable[[], object] | None = None) -> Finding:
    return Finding(subject, Level.NOTE, text, remedy, fix)


def problem(subject: str, text: str, remedy: str = "", fix: Callable[[], object] | None = None) -> Finding:
    return Finding(subject, Level.PROBLEM, text, remedy, fix)
