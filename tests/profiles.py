"""Small ICC profiles of cameras and printers that don't use sRGB, built byte by byte (ICC.1:2010)."""

import struct
from itertools import product

import numpy as np
from numpy.typing import NDArray

D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))  # red, green, blue: XYZ
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))

Colour = tuple[float, float, float]


def matrix_profile(primaries: tuple[Colour, Colour, Colour], gamma: float | None) -> bytes:
    """The profile of an RGB device; without `gamma` it has sRGB's curve, like Display P3."""
    curve = _srgb_curve() if gamma is None else _gamma(gamma)
    columns = {name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def cmyk_profile() -> bytes:
    """The profile of a printer with four grey inks: black absorbs half of the light, the others a sixth each."""
    table = b""
    for cyan, magenta, yellow, black in product((0, 1), repeat=4):
        light = 100 * (1 - black / 2 - (cyan + magenta + yellow) / 6)
        table += bytes([round(2.55 * light), 128, 128])  # Lab, without colour
    ramp = bytes(range(256))
    unit = struct.pack(">9i", *(65536 * value for value in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = b"mft1" + bytes(4) + struct.pack(">BBBB", 4, 3, 2, 0) + unit + ramp * 4 + table + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def encoded_in(
    levels: NDArray[np.uint8], primaries: tuple[Colour, Colour, Colour], gamma: float | None
) -> NDArray[np.uint8]:
    """The levels with which a device of these primaries shows the sRGB colours `levels` (…, 3)."""
    share = levels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    device = linear @ np.array(SRGB) @ np.linalg.inv(np.array(primaries))
    assert device.min() > -0.01  # inside the device's gamut
    device = np.clip(device, 1e-9, 1)
    if gamma is None:
        return np.rint(255 * np.where(device <= 0.0031308, 12.92 * device, 1.055 * device ** (1 / 2.4) - 0.055)).astype(
            np.uint8
        )
    return np.rint(255 * device ** (1 / gamma)).astype(np.uint8)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    named = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78), b"wtpt": _xyz(D50), **tags}
    at = 128 + 4 + 12 * len(named)
    table, content = struct.pack(">I", len(named)), b""
    for name, tag in named.items():
        table += name + struct.pack(">II", at + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    header = struct.pack(">I4sI4s4s4s", at + len(content), bytes(4), 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(24) + bytes(4) + struct.pack(">3i", *(round(65536 * c) for c in D50))
    return header + bytes(128 - len(header)) + table + content


def _xyz(colour: Colour) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in colour))


def _gamma(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(256 * gamma)) + bytes(2)


def _srgb_curve() -> bytes:
    share = np.linspace(0, 1, 1024)
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return b"curv" + bytes(4) + struct.pack(">I", 1024) + np.rint(65535 * linear).astype(">u2").tobytes()
