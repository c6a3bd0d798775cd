"""Several people at once on a real server: no error, and nobody sees another's photos or settings."""

import pytest

from benchmarks import _load
from benchmarks._people import Notes, Person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = 5
SECONDS = (6.0, 20.0, 60.0)  # a busy machine needs longer
ACTS = {"upload to Augment", "answers to three photos", "open train"}


def test_people_who_use_the_app_at_once_meet_no_error_and_nobody_elses_things():
    """A short share of the load of `python -m benchmarks.trust`."""
    for seconds in SECONDS:
        outcome = _load.run(sessions=PEOPLE, seconds=seconds, training=False, pace=0.2)
        assert outcome.errors == []
        assert outcome.foreign == []
        if outcome.moves >= PEOPLE and outcome.acts.keys() >= ACTS:
            return
    pytest.fail(f"in {seconds:.0f} s, {PEOPLE} people did only this: {outcome.acts}")


def test_what_belongs_to_another_person_is_noticed():
    """Names of photos in a message, seed and settings in the address."""
    notes = Notes()
    person = Person(3, port=0, notes=notes)
    person._look(b"...person003-0.jpg...")
    person.tab.query = "recipe=&seed=7000003&settings=%7B%22epochs%22%3A2003%7D"
    person._look(b"")
    assert notes.foreign == []
    person._look(b"...person004-0.jpg...")
    person.tab.query = "seed=7000004&settings=%7B%22epochs%22%3A2005%7D"
    person._look(b"")
    assert len(notes.foreign) == 3
