"""The table of answers as an Excel sheet, with a small picture of each photo."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from core.answering import tables
from core.answering.tables import Result
from core.words import printable

COLUMNS = (
    "file", "use", "answer", "probability", "second", "second_probability", "reason", "error", "corrected", "one_of",
)  # fmt: skip
WIDTHS = (34, 16, 16, 12, 16, 12, 44, 44, 16, 30)  # characters
PICTURE = 64  # px
MOST_LETTERS = 32_767  # of a cell


def as_xlsx(photos: Iterable[Result], pictures: Mapping[int, bytes]) -> bytes:
    """The table as an Excel file. `pictures` are encoded thumbnails by a result's place; they are optional.

    Names stay text, whatever they begin with; signs that Excel can't store become a question mark.
    """
    from openpyxl import Workbook  # 0.2 s
    from openpyxl.drawing.image import Image
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    page = book.active
    page.title = "answers"
    page.append(["photo", *COLUMNS])
    for cell in page[1]:
        cell.font = Font(bold=True)
    page.freeze_panes = "C2"
    page.column_dimensions["A"].width = PICTURE / 6.5
    for letter, width in zip("BCDEFGHIJK", WIDTHS, strict=True):
        page.column_dimensions[letter].width = width
    for number, photo in enumerate(photos, 2):
        values = tables.row(photo)
        for column, name in enumerate(COLUMNS, 2):
            cell = page.cell(number, column)
            value = tables.as_text(values[name])
            if isinstance(value, str):
                cell.value, cell.data_type = printable(value)[:MOST_LETTERS], "s"  # or "=1+1.jpg" were a formula
            else:
                cell.value = value
            cell.alignment = Alignment(vertical="center", wrap_text=name in ("reason", "error"))
            if "probability" in name:
                cell.number_format = "0.0%"
        if thumbnail := pictures.get(photo.place):
            page.add_image(_picture(Image, thumbnail), f"A{number}")
            page.row_dimensions[number].height = 0.75 * (PICTURE + 4)  # points
    page.auto_filter.ref = page.dimensions
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _picture(image: Any, thumbnail: bytes) -> Any:
    picture = image(io.BytesIO(thumbnail))
    scale = PICTURE / max(picture.width, picture.height)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    return picture
