"""The notebook's cells about results: the scores beside Fitting Room's, the curves, and an answer about one photo."""

from core.answering import evaluation
from core.datasets.folders import SPLIT_WORDS
from core.errors import RunError
from core.reporting.lesson.cells import Cell, code, indented, markdown
from core.reporting.lesson.settings import Settings
from core.runs import folder
from core.runs.folder import Run

PROGRAM = "Fitting Room"
LOOP = """
histories, scores = {}, {}
for name, settings in RUNS.items():
    print(f"--- {name}")
    model, histories[name], data = train(**settings)
    scores[name] = {split: model.evaluate(*data[split], verbose=0)[1] for split in data}
    best = max(scores, key=lambda each: scores[each]["validation"])
    if best == name:
        best_model = model
model = best_model
"""
TABLE = """
width = max(map(len, RUNS)) + 2
print(" " * width + "validation  test      Fitting Room: validation  test")
for name in RUNS:
    columns = [
        f"{each[split]:.3f}" if split in each else "-"
        for each in (scores[name], FITTING_ROOM[name])
        for split in ("validation", "test")
    ]
    mark = "  best" if name == best else ""
    print(f"{name:<{width}}{columns[0]:<12}{columns[1]:<24}{columns[2]:<12}{columns[3]}{mark}")
"""
EVALUATE = """
for split in DATA:
    loss, accuracy = model.evaluate(*DATA[split], verbose=0)
    ours = f"   Fitting Room: {FITTING_ROOM[split]:.3f}" if split in FITTING_ROOM else ""
    print(f"{split:<12}accuracy {accuracy:.3f}   loss {loss:.3f}{ours}")
"""
CURVES = """
if plt:
    for axes, name in zip(plt.subplots(1, 2, figsize=(12, 4))[1], ("loss", "accuracy")):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], label="training")
        axes.plot(epochs, history[f"val_{name}"], label="validation")
        axes.set(xlabel="epoch", title=name)
        axes.legend()
    plt.show()
"""
STUDY_CURVES = """
if plt:
    for axes, name in zip(plt.subplots(1, 2, figsize=(12, 4))[1], ("loss", "accuracy")):
        for run, history in histories.items():
            axes.plot(range(1, len(history[name]) + 1), history[f"val_{name}"], label=run)
        axes.set(xlabel="epoch", title=f"validation {name}")
        axes.legend()
    plt.show()
"""
PREDICT = """
path, label = (FILES["test"] or FILES["validation"])[0]
photo = read(path, model.input_shape[1])
logits = model.predict(photo[None], verbose=0)[0]
probabilities = np.exp(logits - logits.max())
probabilities /= probabilities.sum()
print(f"{path.name} is in the class {label}. The network says:")
for place in probabilities.argsort()[::-1][:3]:
    print(f"{probabilities[place]:6.1%}  {CLASSES[place]}")
if plt:
    plt.imshow(photo)
    plt.axis("off")
    plt.show()
"""


def loop(settings: Settings) -> list[Cell]:
    """The cells of a study: its runs with what differs, and the loop that trains them."""
    if not settings.is_study:
        return []
    return [
        markdown("runs", "## The runs", "They share all settings but these:"),
        code("runs-code", ["RUNS = {", *indented(settings.differences()), "}"]),
        code("loop", LOOP.splitlines()),
    ]


def cells(settings: Settings) -> list[Cell]:
    return [*(_table(settings) if settings.is_study else _scores(settings)), *_curves(settings), *_answer(settings)]


def accuracies(run: Run) -> dict[str, float]:
    """A run's accuracy by split, rounded; empty without readable scores."""
    scores = folder.scores(run.folder)
    return {split: round(score.accuracy, 4) for split, score in scores.items() if score.accuracy is not None}


def _scores(settings: Settings) -> list[Cell]:
    (run,) = settings.runs
    return [
        markdown("scores", "## The scores", _ours(run), _luck(settings)),
        code("evaluate", [f"FITTING_ROOM = {accuracies(run)!r}", *EVALUATE.strip().splitlines()]),
    ]


def _ours(run: Run) -> str:
    """What Fitting Room got, with intervals."""
    scores = folder.scores(run.folder)
    parts = []
    for split, score in scores.items():
        if score.accuracy is not None:
            low, high = score.interval
            parts.append(
                f"{score.accuracy:.3f} on the {SPLIT_WORDS[split]} photos ({score.correct} of {score.count}; 95 % "
                f"interval {low:.3f} to {high:.3f})"
            )
    return f"{PROGRAM} got {' and '.join(parts)}." if parts else f"{PROGRAM} has no scores of this run."


def _luck(settings: Settings) -> str:
    """What a difference of one photo means, and what an interval is; empty without scores."""
    counts = [
        (split, score.count)
        for run in settings.runs
        for split, score in folder.scores(run.folder).items()
        if score.count
    ]
    if not counts:
        return ""
    split, count = counts[-1]
    low, high = evaluation.interval(round(0.85 * count), count)
    return (
        f"One of {count:,} {SPLIT_WORDS[split]} photos is {100 / count:.2f} points. Which photos happen to be in the "
        f"dataset makes about ±{50 * (high - low):.0f} points of luck, and the seed makes some more: small differences "
        "mean nothing."
    )


def _table(settings: Settings) -> list[Cell]:
    ours = dict(zip(settings.names, map(accuracies, settings.runs), strict=True))
    lines = [f"    {name!r}: {scores!r}," for name, scores in ours.items()]
    return [
        markdown(
            "scores",
            "## The scores",
            "The best run is the one with the highest validation accuracy. The smallest gap between training and "
            f"validation is not the best model. {_luck(settings)}",
        ),
        code("table", ["FITTING_ROOM = {", *lines, "}", *TABLE.strip().splitlines()]),
    ]


def _curves(settings: Settings) -> list[Cell]:
    what = (
        "The curves of the validation photos."
        if settings.is_study
        else "The curves part where the network begins to learn the training photos by heart (overfitting)."
    )
    hampered = any(config.augments for config in settings.configs) or any(settings.every("dropout"))
    why = (
        " At first the validation curve may be the better one: augmentation and dropout make training harder, and both "
        "are off when validation photos are scored."
        if hampered and not settings.is_study
        else ""
    )
    return [
        markdown("curves", "## The curves", f"{what}{why}"),
        code("plot", (STUDY_CURVES if settings.is_study else CURVES).splitlines()),
    ]


def _answer(settings: Settings) -> list[Cell]:
    whose = ", according to the best run" if settings.is_study else ""
    temperature = "" if settings.is_study else _temperature(settings.runs[0])
    return [
        markdown(
            "answer",
            "## One photo",
            f"What a photo shows{whose}. The softmax turns logits into numbers that sum to 1. They are honest "
            f"percentages only after calibration, which divides the logits by a *temperature* first{temperature}.",
        ),
        code("predict", PREDICT.splitlines()),
    ]


def _temperature(run: Run) -> str:
    try:
        report = folder.read_report(run.folder)
    except RunError:
        return ""
    return f" ({PROGRAM} found {report.temperature:.2f} for its own)" if report and report.temperature else ""
