"""The classes that a model confuses most, in order."""

from core.answering import mixups
from core.answering.mixups import Mixup


def test_the_most_photos_come_first_and_of_equals_the_smaller_class():
    confusion = [[20, 4, 0], [0, 5, 2], [2, 0, 8]]
    assert mixups.most_frequent(confusion, ["a", "b", "c"]) == [
        Mixup("a", "b", 4, 24),
        Mixup("b", "c", 2, 7),
        Mixup("c", "a", 2, 10),
    ]
    assert len(mixups.most_frequent(confusion, ["a", "b", "c"], at_most=1)) == 1


def test_a_model_that_is_always_right_confuses_nothing():
    assert mixups.most_frequent([[3, 0], [0, 2]], ["a", "b"]) == []
