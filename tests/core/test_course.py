"""Visible texts use the name Machine Learning Zoomcamp, and its figures are beside the right variants."""

import ast
import re

from core import workspace
from core.runs import course, studies


def test_the_figures_stand_beside_the_variants_that_reached_them() -> None:
    accuracies = {
        key: [variant.course_accuracy for variant in study.variants if variant.course_accuracy]
        for key, study in studies.STUDIES.items()
    }
    assert accuracies == {
        "learning-rates": [0.789, 0.830, 0.821, 0.789],
        "dense-layers": [0.815, 0.815, 0.812],
        "dropout": [0.842, 0.845, 0.853, 0.833],
        "augmentation": [0.853],
        "image-sizes": [],
    }
    assert course.NOTEBOOK in course.SOURCE


def test_no_visible_text_calls_it_otherwise() -> None:
    texts = []
    for room in ("core", "pages"):
        for path in sorted((workspace.PROJECT / room).rglob("*.py")):
            name = path.relative_to(workspace.PROJECT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            texts += [
                f"{name}: {node.value}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
                if re.search(r"\bthe course\b", node.value, re.IGNORECASE)
            ]
    assert texts == []
