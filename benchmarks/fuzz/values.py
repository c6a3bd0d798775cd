"""Values, texts and bytes that programs stumble over, drawn from a generator of random numbers."""

import copy
import json
import struct
from random import Random
from typing import Any


class Raw(str):
    """Text that stands in JSON as it is, whether that is valid JSON or not."""

    def __repr__(self) -> str:
        return f"Raw({shortened(str(self))})"


NUMBERS = (
    0, 1, -1, 2, 3, 7, 0.5, -0.5, 0.999, 1.0, 1.5, 100, 255, 256, 4096, 10**6, 10**9, 2**31 - 1, 2**31, 2**32,
    2**53 + 1,
    2**63, 2**64, 10**30, 10**400, -(10**30), 1e-320, 1e-7, 1e30, 1e308, -1e308, float("inf"), float("-inf"),
    float("nan"),
)  # fmt: skip
LITERALS = tuple(map(Raw, (
    "1e999", "-1e999", "1E400", "9" * 4300, "9" * 4301, "9" * 100_000, "0." + "0" * 5000 + "1", "[" * 2_000,
    "[" * 100_000, '{"a":' * 50_000, "[" * 400 + "]" * 400, "[" * 5_000 + "]" * 5_000,
    '{"a":' * 3_000 + "1" + "}" * 3_000, "", "'a'", "01", "+1", "0x10", "tru", "NULL", '"', '"\\ud800"', '"\\u0000"',
    '"\\udc80"', '"\\ud83d"', "/*1*/1", "1,", "1 2", "[1,]", '{"a":1,"a":2}', "\ufeff1", "\x00",
)))  # fmt: skip
TEXTS = (
    "", " ", ".", "..", "/", "\\", "../..", "../../etc/passwd", "a\0b", "\0", "\ud800", "\udc80\udcff", "x" * 61,
    "x" * 300,
    "x" * 5000, "👗", "👩‍🎨" * 50, "con", "nul.json", "~", "~nobody", "/dev/zero", "-rf", "<b>bold</b>", "%s%n",
    "{0}", "{",
    "a\nb", "a\rb", "\u202ebackwards", "\x1b[31mred", "tiny", "drawn-garments", "clothing", "starter", "colours",
    "auto",
    "cpu", "gpu-0", "gpu-9", "running", "queued", "done", "failed", "mobilenet_v2", "small_cnn", "rotation", "None",
    "null",
    "true", "0", "-1", "1e9", "9" * 5000, "$HOME", "=1+1", "a,b;c=d", "[0", "é", "e\u0301", "ﬁ", "ı", "İ", "\ufffe",
    ":" * 99,
)  # fmt: skip
LONG_TEXTS = ("x" * 100_000, "é" * 70_000, "\\" * 50_000, '"' * 50_000, "\n" * 100_000, "0," * 60_000, "a=0;" * 40_000)
KEYS = ("version", "name", "recipe", "transform", "probability", "epochs", "epoch", "labels", "scores", "phase",
         "config",
        "__class__", "__proto__", "self", "settings", "key", "0", "", "a\0b", "x" * 300)  # fmt: skip


def number(random: Random) -> Any:
    """A number, ordinary or extreme."""
    return random.choice(NUMBERS) if random.random() < 0.8 else random.uniform(-10, 10)


def text(random: Random) -> str:
    """A text: one of TEXTS, seldom a long one, or some random letters."""
    roll = random.random()
    if roll < 0.03:
        return random.choice(LONG_TEXTS)
    if roll < 0.8:
        return random.choice(TEXTS)
    return "".join(chr(random.choice((random.randrange(32, 127), random.randrange(1, 0xD7FF)))) for _ in range(9))


def value(random: Random, depth: int = 2) -> Any:
    """Any JSON value, or a literal that only looks like one."""
    roll = random.random()
    if depth and roll < 0.12:
        return [value(random, depth - 1) for _ in range(random.choice((0, 1, 2, 2, 3, 5)))]
    if depth and roll < 0.22:
        return {random.choice(KEYS): value(random, depth - 1) for _ in range(random.choice((0, 1, 2, 3)))}
    if roll < 0.3:
        return random.choice((None, True, False))
    if roll < 0.62:
        return number(random)
    if roll < 0.9:
        return text(random)
    if roll < 0.985:
        return random.choice(LITERALS)
    return random.choice(
        ([0] * 30_000, {str(i): i for i in range(5_000)}, [[]] * 5_000, [{}] * 5_000, ["x" * 99] * 2_000)
    )


def plain(item: Any) -> Any:
    """The value without literals, as a parser would never give them."""
    if isinstance(item, Raw):
        return str(item)[:5000]
    if isinstance(item, list):
        return [plain(inner) for inner in item]
    return {str(key): plain(inner) for key, inner in item.items()} if isinstance(item, dict) else item


def as_json(item: Any) -> str:
    """The value as JSON text, with its literals as they are."""
    if isinstance(item, Raw):
        return str(item)
    if isinstance(item, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {as_json(inner)}" for key, inner in item.items()) + "}"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(map(as_json, item)) + "]"
    return json.dumps(item)


def edited(random: Random, item: Any) -> Any:
    """A copy of a JSON value with one to three edits somewhere in it."""
    item = copy.deepcopy(item)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        item = _edited_once(random, item)
    return item


def _edited_once(random: Random, item: Any) -> Any:
    parent, key, at = None, None, item
    while isinstance(at, (dict, list)) and at and (parent is None or random.random() < 0.75):
        parent, key = at, random.choice(list(at)) if isinstance(at, dict) else random.randrange(len(at))
        at = parent[key]
    if parent is None:
        return value(random)
    roll = random.random()
    if roll < 0.6:
        parent[key] = value(random)
    elif roll < 0.75:
        del parent[key]
    elif roll < 0.85 and isinstance(parent, dict):
        parent[random.choice(KEYS)] = value(random)
    elif roll < 0.9:
        parent[key] = [at]
    elif isinstance(parent, list):
        parent.insert(key, copy.deepcopy(at))
    else:
        parent[key] = {"a": at}
    return item


def damaged(random: Random, data: bytes, most: int = 4) -> bytes:
    """The bytes with a few edits, as a bad disk or a bad person makes them."""
    edited_bytes = bytearray(data)
    for _ in range(random.randint(1, most)):
        size = len(edited_bytes)
        at, span = random.randrange(size + 1), random.choice((1, 2, 4, 16, 200))
        roll = random.randrange(9)
        if roll == 0 and size:
            edited_bytes[min(at, size - 1)] ^= 1 << random.randrange(8)
        elif roll == 1:
            edited_bytes[at : at + 1] = bytes([random.randrange(256)])
        elif roll == 2:
            edited_bytes[at:at] = random.randbytes(span)
        elif roll == 3:
            del edited_bytes[at : at + span]
        elif roll == 4:
            del edited_bytes[at:]
        elif roll == 5:
            edited_bytes[at : at + span] = bytes(span)
        elif roll == 6:
            extreme = random.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFE, 65_535))
            edited_bytes[at : at + 4] = struct.pack(random.choice("<>") + "I", extreme)
        elif roll == 7:
            source = random.randrange(size + 1)
            edited_bytes[at:at] = edited_bytes[source : source + span] * random.choice((1, 2, 50))
        else:
            edited_bytes[at : at + span] = b"\xff" * span
    return bytes(edited_bytes)


def shortened(item: Any, most: int = 300) -> str:
    """The value for a report, as Python writes it."""
    try:
        shown = repr(item)
    except (ValueError, RecursionError):
        return f"a {type(item).__name__} that can't be printed"
    return shown if len(shown) <= most else f"{shown[: most // 2]}…{shown[-most // 2 :]} ({len(shown):,} characters)"
