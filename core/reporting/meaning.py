"""What the numbers of a report mean, in words for people who have not seen them before."""

import math

from core.answering import evaluation
from core.comparing import luck, pairs
from core.datasets.folders import SPLIT_WORDS
from core.reporting.material import Material
from core.runs import folder, look_count, readings


def of(material: Material) -> list[tuple[str, str]]:
    """Each term with its explanation."""
    return [
        ("Accuracy", f"The share of photos whose most probable class is the true one.{_guessing(material)}"),
        (
            "Loss",
            "Cross-entropy: how improbable the model found the true classes. A sure mistake costs most. Training "
            "makes this number small.",
        ),
        ("Training, validation and test photos", _splits(material)),
        ("95 % interval", _interval(material)),
        *([("More than luck", _luck())] if len(material.trained) > 1 else []),
    ]


def _guessing(material: Material) -> str:
    winner = material.winner
    report = readings.report(winner.folder) if winner else None
    if report is None or len(report.labels) < 2:
        return ""
    count = len(report.labels)
    return (
        f" Guessing among {count} classes has an accuracy of about {1 / count:.0%} and a loss of {math.log(count):.2f}."
    )


def _splits(material: Material) -> str:
    sentence = (
        "The model learns from the training photos. Validation photos choose the best epoch and the best run, so their "
        "score flatters a little. Test photos choose nothing: theirs is the score to report."
    )
    scored = pairs.scored(material.trained)
    if scored and all("test" not in folder.scores(run.folder) for run in scored):
        return f"{sentence} This dataset has no test photos."
    return f"{sentence} {look_count.sentence(material.dataset)}".rstrip()


def _interval(material: Material) -> str:
    sentence = "Contains the true accuracy 19 times out of 20 (Wilson 1927). More photos make it narrower."
    winner = material.winner
    score = folder.scores(winner.folder).get(material.split) if winner else None
    if not score or not score.count:
        return sentence
    low, high = evaluation.interval(score.correct, score.count)
    return (
        f"{sentence} Here one of {score.count:,} {SPLIT_WORDS[material.split]} photos is {100 / score.count:.2f} "
        f"points, and an interval is about {100 * (high - low):.0f} points wide."
    )


def _luck() -> str:
    return (
        "Two runs answer the same photos. Only photos that exactly one of them gets right tell them apart. McNemar's "
        "exact test says how often equally good models would be at least so far apart. Among several comparisons, one "
        "is easily wide by chance, so Holm's correction asks more of each. Here, a gap is more than luck if that "
        f"happens in fewer than {100 * luck.LUCK:.0f} of 100 cases. Luck means which photos happen to be in the "
        "dataset. Training has a luck of its own, the seed: repeat close runs with other seeds to see it."
    )
