"""Names in zips that don't say their code page: read as they were written, or asked about."""

import io
import zipfile
from pathlib import Path

import pytest

from core.datasets import adding, catalogue
from core.errors import AmbiguousNamesError
from core.files import code_pages, zips
from tests.conftest import encoded, picture
from tests.zips import OldName, old_zip

CLEAR = [
    ("Hüte Röcke", "cp437 cp850 cp1252"),
    ("Weiße-Hemden Gürtel Mäntel", "cp850 cp1252"),
    ("Vêtements Chaussures-à-talons Été", "cp437 cp850 cp1252"),
    ("Pantalón Niños Calcetín", "cp850"),
    ("Calças Vestidos-de-verão Camisões", "cp850 cp1252"),
    ("Støvler Kjoler-på", "cp850 cp1252"),
    ("Płaszcz Spódnica Spodnie-męskie", "cp852 cp1250"),
    ("Košile Šaty Kalhoty-dámské", "cp852 cp1250"),
    ("Шляпа Юбка", "cp866 cp1251 koi8_r"),
    ("юбка футболка платье", "cp866 cp1251"),
    ("Сукня Взуття", "cp866 cp1251"),
    ("Παντελόνι Φούστα", "cp737 cp1253"),
    ("Gömlek Ayakkabı Şapka", "cp857 cp1254"),
    ("מכנסיים חצאית", "cp862"),
    ("قميص فستان", "cp1256"),
    ("กางเกง เสื้อ", "cp874"),
    ("裤子 裙子", "gbk"),
    ("连衣裙 衬衫 鞋", "gbk"),
    ("褲子 裙子 襯衫", "big5"),
    ("スカート ズボン", "cp932"),
    ("帽子 靴 表示", "cp932"),  # 表 has a backslash as its second byte
    ("ソックス くつ", "cp932"),
]
SEVERAL = [
    ("Cipők Nadrágok", "cp852"),
    ("바지 치마", "cp949"),
    ("모자 신발 셔츠", "cp949"),
    ("מכנסיים חצאית", "cp1255"),
]


def each(table: list[tuple[str, str]]) -> list[tuple[tuple[str, ...], str]]:
    return [(tuple(words.split(" ")), page) for words, pages in table for page in pages.split(" ")]


@pytest.mark.parametrize(("words", "code_page"), each(CLEAR))
def test_class_names_are_read_as_they_were_written(home: Path, words: tuple[str, ...], code_page: str) -> None:
    dataset = adding.add_zip("mine", old_zip(words, code_page))
    assert dataset.classes == tuple(sorted(words))


@pytest.mark.parametrize(("words", "code_page"), each(SEVERAL))
def test_names_that_fit_several_code_pages_are_a_question(home: Path, words: tuple[str, ...], code_page: str) -> None:
    with pytest.raises(
        AmbiguousNamesError, match=r"does not say how its folders' names are written\..*--names"
    ) as seen:
        adding.add_zip("mine", old_zip(words, code_page))
    choices = seen.value.choices
    right = next(choice for choice, example in choices.items() if example == ", ".join(words))
    assert catalogue.names() == [catalogue.DRAWN]  # nothing was added
    assert adding.add_zip("mine", old_zip(words, code_page), code_page=right).classes == tuple(sorted(words))


def test_utf8_without_the_flag_is_read_too(home: Path) -> None:
    words = ("Hüte", "Röcke", "裤子")
    assert adding.add_zip("mine", old_zip(words, "utf-8")).classes == tuple(sorted(words))


def test_the_name_in_the_extra_field_counts(home: Path) -> None:
    words = ("바지", "치마")
    assert adding.add_zip("mine", old_zip(words, "cp949", extra=True)).classes == tuple(sorted(words))


def test_file_names_alone_are_no_question(home: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (f"{split}/{word}/바지.png" for split in ("train", "validation") for word in ("hat", "shoes")):
            archive.writestr(OldName(name.encode("cp949").decode("cp437")), encoded(picture(12, 12), "PNG"))
    buffer.seek(0)
    dataset = adding.add_zip("mine", buffer)
    assert [path.name for path in dataset.splits["train"].paths] == ["바지.png"] * 2


@pytest.mark.parametrize("name", ["바지.txt", "x\\바지.txt"])
def test_a_file_beside_the_folders_is_no_question(name: str) -> None:
    readings = code_pages.readings([name.encode("cp949"), b"train/hat/1.png"])
    assert len(readings) > 1
    assert len({reading.folders for reading in readings}) == 1


def test_bytes_that_are_no_text_still_have_names() -> None:
    assert code_pages.read([b"a\xff\xfeb"], "cp932")
    assert zips.decoded_names([]) == ([], [])


def test_each_code_page_is_one_that_python_knows() -> None:
    for code_page in code_pages.CODE_PAGES:
        assert "train/1.jpg".encode(code_page) == b"train/1.jpg"
