"""What the doctor says about the workspace."""

from core.datasets import growing
from core.health import contents
from core.health.findings import Level


def test_a_dataset_that_is_being_collected_is_a_note_and_no_problem() -> None:
    growing.create("My Toys")
    found = list(contents.examine())
    (note,) = (finding for finding in found if finding.subject == "dataset My Toys")
    assert note.level is Level.NOTE
    assert note.text.startswith("'My Toys' needs at least two classes with two photos each")
    assert not [finding for finding in found if finding.level is Level.PROBLEM]
