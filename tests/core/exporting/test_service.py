"""The service as a file: what is in the zip, and what is refused."""

import json
import zipfile
from pathlib import Path

import onnx
import pytest

from core.answering import shelf
from core.errors import AppError, ModelError
from core.exporting import service
from tests.conftest import encoded, picture
from tests.fabricated import flat, saved_model
from tests.services import as_onnx, exported, unzipped

NAMES = [
    "README.md", "app.py", "classifier.py", "lambda_function.py", "download.py", "requirements.txt", "Dockerfile",
    "Dockerfile.lambda", "test.sh", "labels.txt", "model.onnx",
]  # fmt: skip
MANY_SCRIPTS = ("كوت", "ワンピース", "`x` | <b>$name</b> ```", "t-shirt")


def texts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name != "model.onnx"}


def test_the_zip_has_all_that_it_takes_and_no_tensorflow(tmp_path):
    path = exported(tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == NAMES
        assert archive.getinfo("test.sh").external_attr >> 16 == 0o100755
        assert archive.getinfo("app.py").external_attr >> 16 == 0o100644
        assert archive.read("model.onnx") == (tmp_path / "colours.onnx").read_bytes()
    content = texts(path)
    pins = [line for line in content["requirements.txt"].splitlines() if line and line[0] != "#"]
    assert pins
    assert all(line.count("==") == 1 for line in pins)
    packages = {line.split("==")[0] for line in pins}
    assert {"fastapi", "uvicorn", "python-multipart", "onnxruntime", "pillow", "numpy"} <= packages
    assert not packages & {"tensorflow", "keras", "opencv-python-headless", "torch"}
    assert all("\r" not in text for text in content.values())
    for name in ("Dockerfile", "Dockerfile.lambda"):  # a file that is copied into an image must be in the zip
        copied = [line.split()[1:-1] for line in content[name].splitlines() if line.startswith("COPY")]
        assert copied
        assert {file for line in copied for file in line} <= set(NAMES)
    assert "USER service" in content["Dockerfile"]
    assert "HEALTHCHECK" in content["Dockerfile"]


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first = exported(tmp_path)
    again = tmp_path / "again.zip"
    service.write(tmp_path / "colours.onnx", shelf.model("colours"), again)
    assert again.read_bytes() == first.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2025, 6, 1, 12, 0, 0)}


@pytest.mark.parametrize("created", ["yesterday", "0001-01-01T00:00:00+00:00", ""])
def test_a_date_that_no_zip_can_hold_does_not_matter(tmp_path, created):
    assert zipfile.is_zipfile(exported(tmp_path, created=created))


def test_the_readme_says_how_right_it_is_and_on_how_many_photos(tmp_path):
    readme = texts(exported(tmp_path, scores={"validation": {"accuracy": 0.5}, "test": {"accuracy": 0.75}}))[
        "README.md"
    ]
    assert "It was right on 75 of 100 test photos (75%;" in readme
    assert "between 38% and 88%" in readme
    assert "not sure" in readme
    assert f"about {service.BASE_MB + service.LIBRARIES_MB + 1} MB" in readme
    assert "8 × 8 px" in readme
    assert "The photos are" not in readme
    assert "$" not in readme
    readme = texts(exported(tmp_path, "untested", licence="The photos are CC0."))["README.md"]
    assert "\n\nThe photos are CC0.\n\n" in readme
    assert "right on 50 of 100 validation photos" in readme
    assert "No photos were set aside for a test" in readme


def test_the_limits_in_the_readme_are_those_of_the_program(colours, load):
    program = load(colours, "classifier")
    readme = (colours / "README.md").read_text(encoding="utf-8")
    assert f"| size of a file | {program.MOST_BYTES // 1_000_000} MB |" in readme
    assert (
        f"| pixels | {program.MEGAPIXELS['JPEG']} megapixels as JPEG, {program.MEGAPIXELS['PNG']} otherwise" in readme
    )
    app = (colours / "app.py").read_text()
    assert "MOST_REQUESTS = 64 " in app
    assert "MOST_HELD = 200_000_000 " in app
    assert "| photos at a time | 64 or 200 MB;" in readme


def test_labels_in_any_script_stay_what_they_are(tmp_path, load):
    name = "été `2` <b>"
    folder = unzipped(exported(tmp_path, name, classes=4, labels=list(MANY_SCRIPTS)))
    assert (folder / "labels.txt").read_text(encoding="utf-8").splitlines() == [*MANY_SCRIPTS]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# été \\`2\\` \\<b\\> as a service\n")
    assert readme.endswith("".join(f"    {label}\n" for label in MANY_SCRIPTS))  # as code, where nothing is markup
    program = load(folder, "classifier").Classifier(folder / "model.onnx")
    assert (program.name, program.labels) == (name, [*MANY_SCRIPTS])
    answer = program.answer(encoded(flat(250, 0, 0), "PNG"))
    assert {each["label"] for each in json.loads(json.dumps(answer))["answers"]} == set(MANY_SCRIPTS)


def test_a_thousand_classes(tmp_path, load):
    labels = [f"class {number}" for number in range(1000)]
    folder = unzipped(exported(tmp_path, "many", classes=1000, labels=labels))
    answer = load(folder, "classifier").Classifier(folder / "model.onnx").answer(encoded(picture(90, 60), "PNG"))
    shares = [each["probability"] for each in answer["answers"]]
    assert len(shares) == 1000
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert "The model knows 1,000 classes" in (folder / "README.md").read_text(encoding="utf-8")


def test_one_class(tmp_path, load):
    folder = unzipped(exported(tmp_path, "single", classes=1, labels=["only"]))
    answer = load(folder, "classifier").Classifier(folder / "model.onnx").answer(encoded(flat(250, 0, 0), "PNG"))
    assert (answer["label"], answer["unsure"]) == ("only", False)
    assert '"answers": [{"label": "only", "probability": 1.0}]' in (folder / "README.md").read_text(encoding="utf-8")


def test_a_damaged_model_is_a_sentence_and_the_old_file_stays(tmp_path):
    path = exported(tmp_path)
    before = path.read_bytes()
    model, good = shelf.model("colours"), (tmp_path / "colours.onnx").read_bytes()
    other = shelf.read(saved_model("other", labels=["rouge", "vert", "bleu"]))
    without_facts = onnx.load(tmp_path / "colours.onnx")
    del without_facts.metadata_props[:]
    damaged = tmp_path / "damaged.onnx"
    for content in (b"", good[: len(good) // 2], b"not ONNX at all", without_facts.SerializeToString()):
        damaged.write_bytes(content)
        with pytest.raises(ModelError, match=r"damaged\.onnx is damaged .* Export the model again"):
            service.write(damaged, model, path)
    with pytest.raises(ModelError, match="must have the labels and the image size of the model 'other'"):
        service.write(tmp_path / "colours.onnx", other, path)
    for missing in (tmp_path / "nowhere.onnx", tmp_path):
        with pytest.raises(ModelError, match="can't be read"):
            service.write(missing, model, path)
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["colours.onnx", "colours.zip", "damaged.onnx"]


def test_without_onnx_runtime_the_command_to_install_it_is_said(tmp_path, monkeypatch):
    model = shelf.read(saved_model("colours"))
    as_onnx(model, tmp_path / "colours.onnx")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AppError, match="pip install"):
        service.write(tmp_path / "colours.onnx", model, tmp_path / "colours.zip")
