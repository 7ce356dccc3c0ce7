"""How a watch in its own thread waits, and how it is told to stop."""

import threading

from jsquared.observe.background import StopSignal


def test_a_signal_that_is_not_set_is_waited_for() -> None:
    """The wait ends with its limit, and says that nothing has come."""
    signal = StopSignal()
    assert not signal.wait(0.001)
    assert not signal.is_set()


def test_everyone_who_waits_goes_on() -> None:
    """All threads that wait are let through, and so is who comes later; setting it twice is one."""
    signal = StopSignal()
    through: list[bool] = []
    threads = [threading.Thread(target=lambda: through.append(signal.wait(20))) for _ in range(5)]
    for thread in threads:
        thread.start()
    signal.set()
    signal.set()
    for thread in threads:
        thread.join(20)
    assert through == [True] * 5
    assert signal.wait(0)
    assert signal.is_set()
