"""TensorBoard's event files of runs: their curves, and their settings with their scores for the HParams tab.

The layout is that of Keras' own callback: `train/` and `validation/` have the same tags, so that both curves lie in one
chart. What is written depends on the run only, so writing it again changes nothing. The folder as a whole gets no
description of the settings: without it, the HParams tab finds out itself in which settings the runs differ.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from core.files import atomic, names
from core.runs.folder import Run
from core.runs.records import Epoch, RunState
from core.sending import facts
from core.sending.extras import TENSORBOARD

LOSS, ACCURACY = "epoch_loss", "epoch_accuracy"  # tags, as Keras has them
WRITER = "fitting-room"
LONGEST_START = 50  # letters of a folder's name that are the run's: with its id they make at most 255 bytes

Progress = Callable[[int, int], None]
"""Called with the number of finished runs and of all."""


def write(runs: Sequence[Run], folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write each run's event files into a folder of its own in `folder`. Returns these folders.

    Other files in `folder` stay. Raises AppError if TensorBoard is missing, OSError if a file can't be written.
    """
    TENSORBOARD.check()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for done, run in enumerate(runs):
        if progress:
            progress(done, len(runs))
        written.append(_folder_of(run, folder))
        _write_run(run, written[-1])
    return written


def folder_name(run: Run) -> str:
    """The name of the run's folder, which is the name of its curves in TensorBoard."""
    start = names.safe_name(run.name[:LONGEST_START].replace("/", "_").replace("\\", "_"))
    return f"{start} ({run.id})"


def command(folder: Path) -> str:
    """The command that opens a folder of event files."""
    return f'tensorboard --logdir "{folder}"'


def _folder_of(run: Run, folder: Path) -> Path:
    """The run's folder. The one that it had under another name gets the new name."""
    place = folder / folder_name(run)
    for other in folder.iterdir():
        if other.name.endswith(f" ({run.id})") and other.is_dir() and not place.exists():
            other.rename(place)
    return place


def _write_run(run: Run, folder: Path) -> None:
    start, epochs = run.created.timestamp(), facts.timed_epochs(run)
    name = f"events.out.tfevents.{start:010.0f}.{WRITER}"
    end = epochs[-1][0] if epochs else start
    curves: dict[str, Callable[[Epoch], dict[str, float]]] = {
        "train": lambda epoch: {LOSS: epoch.loss, ACCURACY: epoch.accuracy},
        "validation": lambda epoch: {LOSS: epoch.val_loss, ACCURACY: epoch.val_accuracy},
    }
    for part, values in curves.items():
        events = [_scalars(values(epoch), time, epoch.epoch) for time, epoch in epochs]
        _write(folder / part / name, start, events)
    last = epochs[-1][1].epoch if epochs else 0
    _write(folder / name, start, [_settings(run, start), _scalars(facts.scores(run), end, last), _end(run, end)])


def _write(path: Path, start: float, events: Iterable[Any]) -> None:
    """Replace an event file. Of TensorBoard's writers only the one for records does without TensorFlow, which takes
    seconds to import."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.summary.writer.record_writer import RecordWriter

    def write_to(file: BinaryIO) -> None:
        writer = RecordWriter(file)
        for event in (event_pb2.Event(wall_time=start, file_version="brain.Event:2"), *events):
            writer.write(event.SerializeToString())

    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, write_to)


def _scalars(values: dict[str, float], time: float, step: int) -> Any:
    """The event of these values at a step."""
    from tensorboard.compat.proto import event_pb2, summary_pb2

    summary = summary_pb2.Summary(
        value=[summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
    )
    return event_pb2.Event(wall_time=time, step=step, summary=summary)


def _settings(run: Run, start: float) -> Any:
    """The event of the run's settings."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.plugins.hparams import summary_v2

    summary = summary_v2.hparams_pb(facts.settings(run), trial_id=run.id, start_time_secs=start)
    return event_pb2.Event(wall_time=start, summary=summary)


def _end(run: Run, time: float) -> Any:
    """The event of how the run ended."""
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    status = api_pb2.STATUS_FAILURE if run.state is RunState.FAILED else api_pb2.STATUS_SUCCESS
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=time)
    return _for_hparams(time, metadata.SESSION_END_INFO_TAG, session_end_info=info)


def _for_hparams(time: float, tag: str, **content: Any) -> Any:
    """An event for the HParams tab."""
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    data = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**content))
    value = summary_pb2.Summary.Value(tag=tag, tensor=metadata.NULL_TENSOR, metadata=data)
    return event_pb2.Event(wall_time=time, summary=summary_pb2.Summary(value=[value]))
