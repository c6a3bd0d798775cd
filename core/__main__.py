"""The command line: everything that the pages do, without a browser. `python -m core --help`."""

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from core import workspace
from core.errors import AppError, DatasetError, ModelError, RunError, SettingsError

LARGEST_COPY = 4096  # px, of an augmented copy


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. What a person can mend is one line on stderr."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.command(parsed) or 0)
    except AppError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our lines has enough of them
    except OSError as error:
        print(f"{error.filename or 'The system'}: {error.strerror or error}", file=sys.stderr)
    return 1


def predict(parsed: argparse.Namespace) -> int:
    """Answer for photos, folders and zips of them, a line each; one that can't be read costs a line, not the batch."""
    from core.answering import bulk, classifier, shelf, tables
    from core.photos import album

    model = shelf.model(parsed.model) if parsed.model else shelf.chosen()
    if model is None:
        raise ModelError("There is no saved model yet. Train one: python -m core train CONFIG.json --wait.")
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(_new_table(parsed.csv)) if parsed.csv else None
        bar = stack.enter_context(_Bar(f"asking {model.name}"))
        count = sum(1 for _ in album.on_disk(parsed.photo)) if bar.shown else 0
        asked = stack.enter_context(contextlib.closing(bulk.ask(classifier.load(model), album.on_disk(parsed.photo))))
        failed, began = 0, time.monotonic()

        def told() -> Iterator[bulk.Asked]:
            nonlocal failed
            for done, one in enumerate(asked, 1):
                bar.clear()
                _tell(one, parsed.json)
                failed += bool(one.error)
                left = (time.monotonic() - began) / done * max(0, count - done)
                bar(min(1.0, done / max(1, count)), f"{done:,} of {count:,}, {left:.0f} s left")
                yield one

        if table:
            table.writelines(tables.as_csv(tables.judged(told())))
        else:
            for _ in told():
                pass
    return 1 if failed else 0


def _new_table(path: Path) -> IO[str]:
    """A CSV file to write into. What doesn't end so is refused: it may be a photo, with the file's name forgotten."""
    if path.suffix.lower() != ".csv":
        raise SettingsError(f"--csv is {path}; expected is a file name that ends in .csv.")
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"The file {path} can't be written ({error.strerror}).") from None


def _tell(one: Any, as_json: bool) -> None:
    """Print a photo's answer, or why there is none."""
    answer = one.answer
    if answer is None:
        if as_json:
            print(json.dumps({"file": one.name, "error": one.error}, ensure_ascii=False), flush=True)
        else:
            print(f"{one.name}: {one.error}", file=sys.stderr)
    elif as_json:
        shares = [{"label": label, "probability": round(share, 6)} for label, share in answer.probabilities]
        line = {"file": one.name, "answers": shares, "unsure": answer.unsure, "reason": answer.reason}
        print(json.dumps(line, ensure_ascii=False), flush=True)
    else:
        best = ", ".join(f"{label} {share:.1%}" for label, share in answer.probabilities[:3])
        print(f"{one.name}: {best}{'  (' + answer.reason + ')' if answer.unsure else ''}", flush=True)


def augment(parsed: argparse.Namespace) -> None:
    """Write augmented copies of a photo: the views that training sees."""
    from core import photos
    from core.augment import engine, recipe
    from core.files import atomic

    try:
        steps = recipe.loads(parsed.recipe.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The recipe {parsed.recipe} can't be read ({error}).") from None
    if parsed.count < 1:
        raise SettingsError(f"--count is {parsed.count}; expected is 1 or more.")
    if not 8 <= parsed.size <= LARGEST_COPY:
        raise SettingsError(f"--size is {parsed.size}; expected is 8 to {LARGEST_COPY} px.")
    data = photos.read_file(parsed.photo)
    square = photos.square(data, parsed.size)
    try:
        parsed.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder {parsed.out} can't be made ({error.strerror}).") from None
    for view in range(parsed.count):
        changed = engine.augmented(square[None], photos.key_number(photos.key(data)), view, steps, parsed.seed)[0]
        path = parsed.out / f"{parsed.photo.stem}-{view:03d}.png"
        atomic.write(path, lambda file, pixels=changed: file.write(photos.png(pixels)))  # type: ignore[misc]
        print(path)


def data_add(parsed: argparse.Namespace) -> None:
    """Make a dataset known: a folder as it lies, a zip unpacked into the workspace."""
    from core.datasets import catalogue

    source = parsed.source.expanduser()
    if source.is_file():
        with _Bar(f"unpacking {source.name}") as bar:
            dataset = catalogue.add_zip(parsed.name, source, bar)
    else:
        dataset = catalogue.add_folder(parsed.name, source)
    _describe(dataset)


def data_download(parsed: argparse.Namespace) -> None:
    """Download clothing-dataset-small (106 MB)."""
    from core.datasets import offered

    with _Bar("downloading clothing-dataset-small") as bar:
        dataset = offered.fetch(bar)
    _describe(dataset)


def data_list(parsed: argparse.Namespace) -> None:
    """List the datasets."""
    from core.datasets import catalogue

    for name in catalogue.names():
        if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
            print(f"{name}: drawn on first use")
            continue
        try:
            _describe(catalogue.load(name))
        except DatasetError as error:
            print(f"{name}: {error}")


def data_check(parsed: argparse.Namespace) -> int:
    """Look for files that can't be read, duplicates across splits and rare classes."""
    from core.datasets import catalogue, checks

    with _Bar("reading photos") as bar:
        found = checks.check(catalogue.load(parsed.name), lambda done, of: bar(done / of))
    for remark in found:
        print(remark)
    if not found:
        print("Nothing to remark.")
    return 0


def _describe(dataset: Any) -> None:
    counts = ", ".join(f"{name} {len(photos)}" for name, photos in dataset.splits.items())
    print(f"{dataset.name}: {len(dataset.classes)} classes; {counts} photos; {dataset.folder}")


def train(parsed: argparse.Namespace) -> int:
    """Queue a run, or a study around its settings; with --wait watch it to its end."""
    from core.runs import config, launch, queue, studies

    base = config.read(parsed.config)
    key = "grid" if parsed.grid else parsed.study
    if key:
        ids = studies.put(studies.named(key, base, parsed.grid or ""), base, parsed.device)
    else:
        ids = [queue.put(base, parsed.device)]
    print("\n".join(ids), flush=True)
    launch.ensure_worker()
    return max(map(_watched, ids)) if parsed.wait else 0


def _watched(run_id: str) -> int:
    from core.runs import folder, launch
    from core.runs.records import RunState

    with _Bar(run_id) as bar:
        while not (run := folder.look(run_id)).ended:
            launch.ensure_worker()
            left = f", {run.status.time_left:.0f} s left" if run.status.time_left else ""
            bar(run.status.progress, f"{run.status.stage or run.state}{left}")
            time.sleep(0.5)
        bar(run.status.progress, run.state)
    if run.status.warning:
        print(run.status.warning, file=sys.stderr)
    if run.state is not RunState.DONE:
        raise RunError(run.status.error or f"The run was {run.state}.")
    named = {"run": run.name} if run.config.study else {}
    print(json.dumps({**named, "model": run.status.model, **_accuracies(run)}, ensure_ascii=False), flush=True)
    return 0


def _accuracies(run: Any) -> dict[str, Any]:
    from core.runs.folder import scores

    return {f"{split}_accuracy": score.accuracy for split, score in scores(run.folder).items()}


def runs(parsed: argparse.Namespace) -> None:
    """List the runs, the newest first."""
    from core.runs.folder import look_all

    for run in look_all():
        shown = {
            "id": run.id,
            "state": str(run.state),
            "name": run.name,
            "dataset": run.config.dataset,
            "progress": run.status.progress,
            "model": run.status.model,
            "error": run.status.error,
            **_accuracies(run),
        }
        if parsed.json:
            print(json.dumps(shown, ensure_ascii=False))
        else:
            scores = "  ".join(
                f"{name.removesuffix('_accuracy')} {value:.3f}"
                for name, value in shown.items()
                if name.endswith("_accuracy") and value is not None
            )
            print(f"{run.id}  {run.state:<11} {run.status.progress:4.0%}  {run.name}  {scores or run.status.error}")


def stop(parsed: argparse.Namespace) -> None:
    """Ask a run to stop; the best epoch so far is kept."""
    from core.runs import queue

    queue.stop(parsed.id)
    print(f"{parsed.id} will stop after the batch in hand")


def evaluate(parsed: argparse.Namespace) -> None:
    """Score a saved model on a split of a dataset."""
    from core.answering import shelf, trial
    from core.datasets import catalogue

    if parsed.model == "best":
        dataset = parsed.dataset or _trained_last()
        model = shelf.best(dataset)
        if model is None:
            raise ModelError(f"There is no saved model of the dataset {dataset!r} yet. Train one first.")
    else:
        model = shelf.model(parsed.model)
    with _Bar(f"asking {model.name}") as bar:
        scores = trial.scores(
            model, catalogue.load(parsed.dataset or model.dataset), parsed.split, lambda done, of: bar(done / of)
        )
    if parsed.json:
        print(json.dumps({"model": model.name, "split": parsed.split, **scores.model_dump(mode="json")}))
        return
    low, high = scores.interval
    print(
        f"{model.name} on {parsed.split}: {scores.accuracy:.4f} ({scores.correct} of {scores.count}), "
        f"95 % interval {low:.3f} to {high:.3f}, loss {scores.loss:.3f}"
    )
    for of_class, row in zip(scores.per_class, scores.confusion, strict=True):
        recall = "no photos" if of_class.recall is None else f"{of_class.recall:.3f}"
        print(f"  {of_class.label:<12} {recall:>9}  {of_class.correct:>4} of {of_class.count:<4} {list(row)}")


def _trained_last() -> str:
    from core.answering import shelf

    model = shelf.chosen()
    if model is None:
        raise ModelError("There is no saved model yet. Train one first.")
    return model.dataset


def disk(parsed: argparse.Namespace) -> None:
    """Show what the workspace takes of the disk; with --clean empty the caches, at the cost of time alone."""
    from core.files import cache
    from core.files import disk as module

    if parsed.clean:
        done = cache.clean()
        kept = f"; {done.kept} in use kept" if done.kept else ""
        print(f"{done.bytes / 1e6:,.1f} MB freed{kept}", file=sys.stderr if parsed.json else sys.stdout)
    for one in module.usage():
        if parsed.json:
            print(json.dumps({**asdict(one), "cache": one.is_cache}))
        else:
            where = "cache" if one.is_cache else ""
            print(f"{one.kind:<10} {where:<6} {one.bytes / 1e6:>10,.1f} MB {one.files:>7,} files  {_day(one.used)}")
    if not parsed.json:
        print(f"the cache's limit is {cache.limit() / 1e6:,.0f} MB; {cache.free() / 1e6:,.0f} MB of the disk are free")


def _day(moment: float | None) -> str:
    return f"used {datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}" if moment else ""


def export(parsed: argparse.Namespace) -> int:
    """Write a saved model as a single file. Keras is needed for that, so another process does it."""
    from core.answering import shelf

    model = shelf.model(parsed.model)
    out = (parsed.out or Path(f"{model.name}.{parsed.format}")).resolve()
    if not out.parent.is_dir():
        raise ModelError(f"There is no folder {out.parent} to write into.")
    command = [sys.executable, "-m", "models.export", str(model.folder), "--format", parsed.format, "--out", str(out)]
    done = subprocess.run(command, cwd=workspace.PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ModelError((done.stderr.strip().splitlines() or ["The export failed."])[-1])
    print(out)
    return 0


class _Bar:
    """A progress bar on stderr, drawn only where a person is looking."""

    def __init__(self, title: str) -> None:
        self._title, self.shown = title, sys.stderr.isatty()
        self._drawn = 0.0

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bar away, so that a line can be printed; it comes again."""
        if self.shown and self._drawn:
            self._drawn = 0.0
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def __call__(self, share: float, words: str = "") -> None:
        if self.shown and time.monotonic() - self._drawn > 0.1:
            self._drawn = time.monotonic()
            full = round(30 * share)
            bar = f"{'█' * full}{'░' * (30 - full)} {share:4.0%}"
            print(f"\r\033[K{self._title}  {bar}  {words}", end="", file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are an error like any other: one line on stderr, status 1."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message}; --help tells more.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Fitting Room without a browser.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function: Callable[[argparse.Namespace], Any], name: str, group: Any = commands) -> Any:
        words = (function.__doc__ or "").splitlines()[0]
        added = group.add_parser(name, help=words, description=words)
        added.set_defaults(command=function)
        return added

    one = command(predict, "predict")
    one.add_argument("photo", nargs="+", type=Path, help="a photo, a folder or a zip")
    one.add_argument("--model", help="a saved model's name or folder (default: the one that the Predict page asks)")
    one.add_argument("--json", action="store_true", help="one JSON object a line")
    one.add_argument("--csv", type=Path, metavar="FILE", help="write the answers into a table too")

    one = command(augment, "augment")
    one.add_argument("photo", type=Path)
    one.add_argument("--recipe", type=Path, required=True, help="a JSON file with the list of transforms")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--count", type=int, default=1, help="how many views (default: 1)")
    one.add_argument("--size", type=int, default=299, help="side of the square in pixels (default: 299)")
    one.add_argument("--out", type=Path, required=True, help="folder for the PNG files")

    data = commands.add_parser("data", help="Datasets: add, download, list, check.")
    group = data.add_subparsers(required=True, metavar="ACTION")
    one = command(data_add, "add", group)
    one.add_argument("name")
    one.add_argument("source", type=Path, metavar="FOLDER_OR_ZIP")
    command(data_download, "download", group)
    command(data_list, "list", group)
    command(data_check, "check", group).add_argument("name")

    one = command(train, "train")
    one.add_argument("config", type=Path, help='a JSON file; {"dataset": "clothing"} is enough')
    many = one.add_mutually_exclusive_group()
    many.add_argument("--study", help="queue a study: learning-rates, dense-layers, dropout, augmentation, ablation …")
    many.add_argument("--grid", help="queue every combination, such as 'dropout = 0, 0.5; epochs = 10, 20'")
    one.add_argument("--device", default="auto", help="cpu, gpu-0, gpu-1 … (default: the first GPU, if there is one)")
    one.add_argument("--wait", action="store_true", help="watch it to its end")
    command(runs, "runs").add_argument("--json", action="store_true", help="one JSON object a line")
    command(stop, "stop").add_argument("id")

    one = command(evaluate, "evaluate")
    one.add_argument("model", help='a name, a folder, or "best"')
    one.add_argument("--dataset", help="default: the one it was trained on")
    one.add_argument("--split", choices=("train", "validation", "test"), default="test")
    one.add_argument("--json", action="store_true", help="one JSON object")

    one = command(disk, "disk")
    one.add_argument("--clean", action="store_true", help="delete what nobody uses from the caches")
    one.add_argument("--json", action="store_true", help="one JSON object a line")

    one = command(export, "export")
    one.add_argument("model", help="its name or folder")
    one.add_argument("--format", choices=("keras", "tflite"), required=True)
    one.add_argument("--out", type=Path, help="the file to write (default: MODEL.FORMAT here)")
    return parser


if __name__ == "__main__":
    with contextlib.suppress(AttributeError, ValueError):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main())
