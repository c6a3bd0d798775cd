"""What a JPEG's markers tell about it before it is decoded (ITU-T T.81)."""

from collections.abc import Iterator

LAST = 63  # of the coefficients of a block of 8 × 8 pixels; the first is 0
WITHOUT_CONTENT = (*range(0xC0), *range(0xD0, 0xDA), 0xFF)  # second bytes: data, restarts, start and end, padding


def is_progressive(data: bytes) -> bool:
    """Whether a JPEG stays in memory as a whole while it is decoded: it is progressive, or has one colour per layer."""
    components = 0
    for marker, content in _segments(data):
        if marker == 0xDA:  # the first layer
            return content[0] < components
        if _is_frame(marker):
            if marker > 0xC1:
                return True
            components = content[5]
    return True


def has_all_layers(data: bytes) -> bool:
    """Whether each colour of a JPEG has all of its coefficients at full precision, as far as layers have begun.

    A progressive JPEG that ends between two layers shows a whole picture, but a blurred one.
    """
    components: set[int] = set()
    complete: dict[int, set[int]] = {}
    for marker, content in _segments(data):
        if _is_frame(marker):
            components = {content[6 + 3 * number] for number in range(content[5]) if 6 + 3 * number < len(content)}
            complete = {component: set() for component in components}
        if marker == 0xDA and len(content) >= 4 + 2 * content[0]:
            count = content[0]
            first, last, precision = content[1 + 2 * count], content[2 + 2 * count], content[3 + 2 * count] & 15
            for number in range(count if precision == 0 else 0):
                complete.setdefault(content[1 + 2 * number], set()).update(range(first, min(last, LAST) + 1))
    return bool(components) and all(len(complete[component]) == LAST + 1 for component in components)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment. A layer's own data follow its segment and are passed over."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 9:
        marker = data[at + 1]
        if marker in WITHOUT_CONTENT:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _is_frame(marker: int) -> bool:
    """Whether a segment gives the picture's size and colours."""
    return 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
