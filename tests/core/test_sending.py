"""Runs for other tools: which ones go, what they take along, and where MLflow keeps them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from core import workspace
from core.errors import AppError, RunError, SettingsError
from core.files import leftovers
from core.runs import folder, groups, queue
from core.sending import addresses, choice, delivery, extras, facts, mlflow, tensorboard
from core.sending.extras import MLFLOW, TENSORBOARD
from tests.ended import end_of, ended_run
from tests.test_setup import requirements

FIRST, SECOND, THIRD = (f"2026112{number}-161344-540000-19fb" for number in range(3))
STUDY, OTHER_STUDY = "dropout-20261120-161344", "dropout-20261121-161344"
ROTATED = [{"transform": "rotation", "rotation_range": 15}]


def test_runs_are_found_by_id_and_by_study_each_once():
    ended_run(FIRST, study=STUDY)
    ended_run(SECOND, study=STUDY)
    ended_run(THIRD)
    queue.rename_study(STUDY, "My study")
    assert [run.id for run in groups.find([THIRD, SECOND, STUDY])] == [THIRD, SECOND, FIRST]
    assert [run.id for run in groups.find(["My study"])] == [FIRST, SECOND]
    with pytest.raises(RunError, match=r"no run or study 'nothing'.*Studies: 'My study'"):
        groups.find(["nothing"])


def test_studies_of_the_same_name_are_told_apart():
    ended_run(FIRST, study=STUDY)
    ended_run(SECOND, study=OTHER_STUDY)
    with pytest.raises(RunError, match=rf"There are 2 studies with the name 'Dropout rate'.*{OTHER_STUDY}, {STUDY}"):
        groups.find(["Dropout rate"])


def test_a_damaged_run_says_what_is_wrong_with_it():
    (ended_run(FIRST) / "config.json").write_text("{")
    with pytest.raises(RunError, match="can't be read"):
        groups.find([FIRST])


def test_runs_that_can_t_go_get_a_sentence():
    ended_run(FIRST, name="good")
    ended_run(SECOND, epochs=0, phase="failed", name="empty")
    (ended_run(THIRD, name="waiting") / "status.json").unlink()
    runs, sentences = choice.ready(groups.find([FIRST, SECOND, THIRD]))
    assert [run.name for run in runs] == ["good"]
    assert sentences == [
        "'empty' is left out: it has no finished epoch.",
        "'waiting' is left out: it is queued. Wait until it has ended.",
    ]
    with pytest.raises(RunError, match="no finished epoch"):
        choice.ready_or_error(groups.find([SECOND]))
    with pytest.raises(RunError, match="at least one run"):
        choice.ready_or_error([])


def test_settings_are_plain_values_without_those_that_change_nothing():
    ended_run(FIRST, recipe=ROTATED, fine_tune={"blocks": 2}, early_stopping=5)
    ended_run(SECOND, dense_layers=[100, 50])
    rotated, plain = (facts.settings(folder.look(run_id)) for run_id in (FIRST, SECOND))
    assert (rotated["views"], rotated["recipe"], rotated["early_stopping"]) == (8, "rotation", 5)
    assert (rotated["fine_tune.blocks"], rotated["fine_tune.mixed_precision"]) == (2, True)
    assert (plain["dense_layers"], plain["dropout"], plain["class_weights"]) == ("100 + 50", 0.2, False)
    assert not {"views", "augmentation_seed", "early_stopping", "fine_tune.blocks", "name"} & set(plain)
    assert facts.recipe_settings(folder.look(FIRST)) == {
        "recipe.rotation.probability": 1.0,
        "recipe.rotation.rotation_range": 15,
    }
    assert facts.recipe_settings(folder.look(SECOND)) == {}


def test_epochs_end_one_after_the_other():
    run = folder.look(ended_run(FIRST).name)
    times = [time - run.created.timestamp() for time, _ in facts.timed_epochs(run)]
    assert times == [2, 4, 6]


def test_scores_come_from_the_report_or_else_from_the_curves():
    run = folder.look(ended_run(FIRST).name)
    assert facts.scores(run) == {"validation_accuracy": 0.75, "test_accuracy": 0.5}
    stopped = ended_run(SECOND, phase="stopped")
    (stopped / "report.json").unlink()
    assert facts.scores(folder.look(SECOND)) == {"validation_accuracy": pytest.approx(0.42)}


@pytest.mark.parametrize(
    ("name", "start"),
    [("a/b\\c", "a_b_c"), ("..", "_"), ("lpt1", "_lpt1"), ("ä" * 80, "ä" * 50), ("🧥" * 80, "🧥" * 50)],
)
def test_a_run_s_folder_has_a_name_that_every_system_takes(name: str, start: str):
    run = folder.look(ended_run(FIRST, name=name).name)
    assert tensorboard.folder_name(run) == f"{start} ({FIRST})"
    assert len(tensorboard.folder_name(run).encode()) <= 255


# Where MLflow keeps runs


def test_an_address_is_a_server_or_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    database = f"sqlite:///{tmp_path.as_posix()}/runs/mlflow.db"
    assert addresses.address(" http://127.0.0.1:5000/ ") == "http://127.0.0.1:5000"
    for text in ("runs", str(tmp_path / "runs"), "runs/mlflow.db", database, f"file://{tmp_path}/runs"):
        assert addresses.address(text) == database
    assert addresses.folder_of(database) == tmp_path / "runs"
    assert addresses.folder_of("http://127.0.0.1:5000") is None
    assert addresses.command("http://127.0.0.1:5000") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a server such as"),
        ("postgresql://me@there/db", "must be a server such as"),
        ("sqlite://", "must be a server such as"),
        ("http://", "must be like http"),
        ("http://host:port", "must be like http"),
        ("https://me:secret@there", "MLFLOW_TRACKING_PASSWORD instead"),
        ("a\0b", "not a valid path"),
    ],
)
def test_an_address_that_can_t_be_used_is_a_sentence(text: str, words: str):
    with pytest.raises(SettingsError, match=words) as raised:
        addresses.address(text)
    assert "secret" not in str(raised.value)


def test_a_folder_of_an_earlier_mlflow_is_left_alone(tmp_path: Path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "meta.yaml").touch()
    with pytest.raises(SettingsError, match="migrate-filestore"):
        addresses.address(str(tmp_path))


def test_what_became_of_the_runs_is_told_in_sentences():
    logged = mlflow.Logged(new=["a", "b"], unchanged=["c"])
    assert logged.sentences() == ["2 runs were logged: a, b.", "1 run was logged before and left as before: c."]


# Without the libraries


def test_a_missing_library_is_a_sentence_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras.Extra, "is_installed", False)
    run = folder.look(ended_run(FIRST).name)
    with pytest.raises(AppError, match='run `pip install "tensorboard>=') as raised:
        tensorboard.write([run], tmp_path / "out")
    assert "\n" not in str(raised.value)
    with pytest.raises(AppError, match='run `pip install "mlflow-skinny>='):
        mlflow.log([run], addresses.address(str(tmp_path / "out")))
    with pytest.raises(AppError, match="not installed"):
        delivery.write_event_files([FIRST])
    assert not (tmp_path / "out").exists()
    assert delivery.status(TENSORBOARD) is None


def test_the_commands_install_what_the_extras_list():
    listed = {str(requirement) for requirement in requirements("requirements-extras.txt")}
    assert {str(r) for tool in (TENSORBOARD, MLFLOW) for r in map(_requirement, tool.packages)} == listed


def _requirement(text: str) -> object:
    from packaging.requirements import Requirement

    return Requirement(text)


def test_nothing_imports_the_libraries_before_they_are_needed():
    code = "import sys; import core.sending.delivery; print([n for n in ('tensorboard', 'mlflow') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=workspace.PROJECT, capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_a_half_written_file_of_a_killed_process_is_found():
    place = delivery.event_files() / "a (1)" / "train"
    place.mkdir(parents=True)
    (place / ".events.out.tfevents.1.0a1b2c3d").touch()
    assert [leftover.path.parent for leftover in leftovers.find(age=-1)] == [place]


# With the libraries

needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed (requirements-extras.txt)"
)


@needs_tensorboard
@pytest.mark.filterwarnings("ignore")  # of the library's own code
def test_tensorboard_reads_the_curves_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = folder.look(ended_run(FIRST, name="first", recipe=ROTATED).name)
    (place,) = tensorboard.write([run], tmp_path)
    start = run.created.timestamp()
    train, validation = _accumulated(place / "train", monkeypatch), _accumulated(place / "validation", monkeypatch)
    assert train.Tags()["scalars"] == validation.Tags()["scalars"] == ["epoch_loss", "epoch_accuracy"]
    losses = [(event.step, event.wall_time - start, event.value) for event in train.Scalars("epoch_loss")]
    assert losses == [(0, 2, 1.0), (1, 4, 0.5), (2, 6, pytest.approx(1 / 3))]
    assert [event.value for event in validation.Scalars("epoch_loss")] == [2.0, 1.0, pytest.approx(2 / 3)]
    assert [event.value for event in train.Scalars("epoch_accuracy")] == pytest.approx([0.5, 0.51, 0.52])
    assert [event.value for event in validation.Scalars("epoch_accuracy")] == pytest.approx([0.4, 0.41, 0.42])


@needs_tensorboard
@pytest.mark.filterwarnings("ignore")
def test_the_hparams_tab_reads_settings_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from tensorboard.plugins.hparams import api_pb2, metadata

    ended_run(FIRST, recipe=ROTATED)
    ended_run(SECOND, phase="failed")
    places = tensorboard.write(groups.find([FIRST, SECOND]), tmp_path)
    accumulated = _accumulated(places[0], monkeypatch)
    content = accumulated.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    started = metadata.parse_session_start_info_plugin_data(content)
    assert started.hparams["dropout"].number_value == 0.2
    assert started.hparams["recipe"].string_value == "rotation"
    assert started.hparams["class_weights"].bool_value is False
    scores = {tag: accumulated.Scalars(tag)[0].value for tag in accumulated.Tags()["scalars"]}
    assert scores == {"validation_accuracy": 0.75, "test_accuracy": 0.5}
    ends = [
        metadata.parse_session_end_info_plugin_data(
            _accumulated(place, monkeypatch).SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
        )
        for place in places
    ]
    assert [end.status for end in ends] == [api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE]
    assert ends[0].end_time_secs == folder.look(FIRST).created.timestamp() + 6


@needs_tensorboard
def test_writing_again_changes_nothing_and_a_new_name_moves_the_folder(tmp_path: Path):
    ended_run(FIRST, name="first")
    (tmp_path / "other.txt").write_text("stays")
    (place,) = tensorboard.write([folder.look(FIRST)], tmp_path)
    before = _contents(tmp_path)
    tensorboard.write([folder.look(FIRST)], tmp_path)
    assert _contents(tmp_path) == before
    queue.rename(FIRST, "better name")
    (renamed,) = tensorboard.write([folder.look(FIRST)], tmp_path)
    assert not place.exists()
    assert renamed.name == f"better name ({FIRST})"
    assert len(_contents(tmp_path)) == len(before)


@needs_tensorboard
def test_writing_event_files_does_without_tensorflow(tmp_path: Path):
    """It is installed beside TensorBoard, and takes seconds to import."""
    ended_run(FIRST)
    code = (
        "import sys; from pathlib import Path; from core.runs import folder; from core.sending import tensorboard\n"
        f"tensorboard.write([folder.look({FIRST!r})], Path({str(tmp_path)!r}))\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=workspace.PROJECT, capture_output=True, text=True,
                          timeout=60, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"


@needs_tensorboard
def test_the_process_of_a_page_writes_event_files_and_says_what_became_of_them():
    ended_run(FIRST)
    ended_run(SECOND, epochs=0, phase="failed", name="empty")
    delivery.write_event_files([FIRST, SECOND])
    status, last = end_of(TENSORBOARD), delivery.last(TENSORBOARD)
    assert (status.share, status.error) == (1.0, "")
    assert last is not None
    assert last.place == str(delivery.event_files())
    assert last.sentences == ("1 run has event files.", "'empty' is left out: it has no finished epoch.")
    assert len(list(delivery.event_files().iterdir())) == 1


def _accumulated(place: Path, monkeypatch: pytest.MonkeyPatch):
    """The events of a folder, read by TensorBoard's own reader, without TensorFlow."""
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", type(sys)("notf"))
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(place)).Reload()


def _contents(place: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
