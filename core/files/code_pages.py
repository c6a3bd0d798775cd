"""Names in zips without the UTF-8 flag: which of the old code pages makes words of them.

Programs wrote names in the code page of their country and did not say which. A zip has one code page, so all its names
are read together. A reading scores high if its words look like words: letters of one script, usual ones for the
language, capitals only at the beginning, no signs in between.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

ALIKE = 0.1  # readings whose scores differ by less fit alike
MOST_NAMES = 2000  # that are looked at

WESTERN = "äöüßéèàêçôîûâëïñåøæíóáúòìãõ"
CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîșț"
RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшю"
GREEK = "αοιεστνηυρκπμλωδγχθφάέίόή"
CODE_PAGES = {  # Python's name → the usual letters; empty where the code page itself says which are usual
    "cp437": WESTERN,
    "cp850": WESTERN,
    "cp1252": WESTERN,
    "cp852": CENTRAL,
    "cp1250": CENTRAL,
    "cp866": RUSSIAN,
    "cp1251": RUSSIAN,
    "koi8_r": RUSSIAN,
    "cp737": GREEK,
    "cp1253": GREEK,
    "cp857": "çğıöşü",
    "cp1254": "çğıöşü",
    "cp862": "אבגדהוחטילמנסעפצקרשתםן",
    "cp1255": "אבגדהוחטילמנסעפצקרשתםן",
    "cp1256": "ابتثجحدرسشصطعفقكلمنهويةى",
    "cp874": "กขคงจชดตถทนบปผพมยรลวสหอะาิีืุู่้เแโใไ็",
    "gbk": "",
    "big5": "",
    "cp932": "",
    "cp949": "",
}
EAST_ASIAN = {  # the first bytes of the usual characters, as their standards order them: frequent ones first
    "gbk": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "cp932": range(0x82, 0x98),
    "cp949": range(0xB0, 0xC9),
}
WORD = re.compile(r"[^\W\d_]+(?:\w*[^\W\d_])?|[^\x00-\x7f]")
VOWELS = frozenset("aeiouyäöüéèàêôîûâëïåøæíóáúòìãõąęěůýőűăı")


@dataclass(frozen=True)
class Reading:
    """One way to read the names of a zip."""

    code_page: str  # Python's name for it
    names: tuple[str, ...]
    score: float  # about 1 at best

    @property
    def folders(self) -> tuple[str, ...]:
        """The names' folders."""
        return tuple(name.replace("\\", "/").rpartition("/")[0] for name in self.names)

    @property
    def example(self) -> str:
        """The names with letters beyond ASCII, without their files: enough to recognise the language."""
        folders = dict.fromkeys(
            part for name in self.names for part in re.split(r"[/\\]", name)[:-1] if not part.isascii()
        )
        files = dict.fromkeys(name for name in self.names if not name.isascii())
        return ", ".join(list(folders or files)[:4])


def readings(names: Sequence[bytes]) -> list[Reading]:
    """The ways to read these names, best first: one if it is clear, several if they fit alike.

    Equal readings count once. UTF-8 wins wherever it fits.
    """
    if utf8 := _decoded(names, "utf-8"):
        return [Reading("utf-8", utf8, 1.0)]
    odd = [name for name in dict.fromkeys(names) if not name.isascii()][:MOST_NAMES]
    best: dict[tuple[str, ...], Reading] = {}
    for code_page in CODE_PAGES:
        text = _decoded(odd, code_page)
        if text and text not in best:
            best[text] = Reading(code_page, text, _score(text, code_page))
    ordered = sorted(best.values(), key=lambda reading: -reading.score)
    alike = [reading for reading in ordered if reading.score > ordered[0].score - ALIKE]
    whole = ((reading, _decoded(names, reading.code_page)) for reading in alike)
    return [Reading(reading.code_page, text, reading.score) for reading, text in whole if text]


def read(names: Sequence[bytes], code_page: str) -> list[str]:
    """The names in this code page; bytes that are no text in it are replaced."""
    return [name.decode(code_page, errors="replace") for name in names]


def _decoded(names: Sequence[bytes], code_page: str) -> tuple[str, ...] | None:
    try:
        return tuple(name.decode(code_page) for name in names)
    except UnicodeDecodeError:
        return None


def _score(names: Sequence[str], code_page: str) -> float:
    """How much the words with letters beyond ASCII look like words, 1 at best: a mean over these letters."""
    words = {word for name in names for word in WORD.findall(name) if not word.isascii()}
    letters = [letter for word in words for letter in word if not letter.isascii()]
    if not letters:
        return 0.0
    first = 0.05 if code_page == "cp949" else 0.0  # Korean also makes Chinese words, but Chinese hardly Korean ones
    return first + sum(_word_score(word, code_page) for word in words) / len(letters)


def _word_score(word: str, code_page: str) -> float:
    odd = [letter for letter in word if not letter.isascii()]
    score = sum(_letter_score(letter, code_page) for letter in odd)
    scripts = {_script(letter) for letter in word if letter.isalpha()}
    if len(scripts) > 1:
        score -= len(odd)
    if word[1:] != word[1:].lower():
        score -= len(odd) * (0.3 if word == word.upper() else 1)
    if scripts == {"LATIN"}:
        score -= 0.5 * _clusters(word.lower())
    return score


def _letter_score(letter: str, code_page: str) -> float:
    """1 for a usual letter, less for a rare one, -1 for a sign that is no letter."""
    if not unicodedata.category(letter).startswith(("L", "M")):
        return -1.0
    if code_page in EAST_ASIAN:
        raw = letter.encode(code_page)
        return 1.0 if len(raw) == 2 and raw[0] in EAST_ASIAN[code_page] else -0.5
    return 1.0 if letter.lower() in CODE_PAGES[code_page] else 0.3


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "?").split(" ")[0]
    return "JAPANESE" if script in ("HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA") else script


def _clusters(word: str) -> int:
    """How many letters beyond ASCII stand within three vowels or three consonants in a row."""
    kinds = "".join("v" if letter in VOWELS else "c" for letter in word)
    return sum(
        not letter.isascii() and any(kinds[max(0, i - k) : i + 3 - k] in ("vvv", "ccc") for k in range(min(i, 2) + 1))
        for i, letter in enumerate(word)
    )
