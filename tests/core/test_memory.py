"""A memory budget: what doesn't fit waits, and all of it is given back."""

import threading
import time

import pytest

from core.photos.memory import MemoryBudget


def test_what_does_not_fit_waits() -> None:
    budget, most, held = MemoryBudget(10), 0, 0
    lock = threading.Lock()

    def work(count: int) -> None:
        nonlocal most, held
        with budget.reserved(count):
            with lock:
                held += min(count, 10)
                most = max(most, held)
            time.sleep(0.002)
            with lock:
                held -= min(count, 10)

    threads = [threading.Thread(target=work, args=(count,)) for count in (3, 4, 6, 10, 25, 1) * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert held == 0
    assert 3 < most <= 10


def test_an_error_gives_the_budget_back() -> None:
    budget = MemoryBudget(5)
    for _ in range(3):
        with pytest.raises(KeyError), budget.reserved(5):
            raise KeyError
