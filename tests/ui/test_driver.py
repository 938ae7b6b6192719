"""The driver that waits for keys: nothing typed is lost, it does nothing while nothing is typed, and ends at once."""

from __future__ import annotations

import os
import select as select_module
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from queue import Queue
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from textual.app import App
from textual.events import Key
from textual.message import Message

from orchestrator_tui.ui import driver as driver_module
from orchestrator_tui.ui.app import Cockpit
from orchestrator_tui.ui.driver import WaitingDriver
from tests.ui.app.driving import opened

PATIENCE_S = 20.0


class Listening(WaitingDriver):
    """Reads from a pipe, and keeps what it would post."""

    def __init__(self, fileno: int) -> None:
        super().__init__(App(), debug=False, mouse=False, size=None)
        self.fileno = fileno
        self.posted: Queue[str] = Queue()

    def process_message(self, message: Message) -> None:
        assert isinstance(message, Key)
        self.posted.put(message.key)


Waits = Queue[float | None]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """How long the driver waited each time, told as it begins to."""
    told: Waits = Queue()
    real = select_module.select

    def select(read: list[int], write: list[int], odd: list[int], timeout: float | None = None) -> Any:
        told.put(timeout)
        return real(read, write, odd, timeout)

    monkeypatch.setattr(driver_module, "select", SimpleNamespace(select=select))
    return told


@contextmanager
def _signals() -> Iterator[None]:
    """The toolkit's driver takes two signals for itself; the tests give them back."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTSTP, signal.SIGCONT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@asynccontextmanager
async def _listening() -> AsyncIterator[tuple[Listening, int, Thread]]:
    with _signals():
        read, write = os.pipe()
        driver = Listening(read)
        thread = Thread(target=driver.run_input_thread, daemon=True)
        thread.start()
        try:
            yield driver, write, thread
        finally:
            driver.exit_event.set()
            thread.join(PATIENCE_S)
            driver.exit_event.clear()
            os.close(read)
            os.close(write)
        assert not thread.is_alive()


async def test_keys_come_as_they_are_typed_whole_or_in_pieces(waits: Waits) -> None:
    async with _listening() as (driver, write, _):
        waits.get(timeout=PATIENCE_S)
        for piece in (b"a", "é".encode()[:1], "é".encode()[1:], b"\r", b"\x1b[A", b"\x1b["):
            os.write(write, piece)
            # Read before the next is written.
            waits.get(timeout=PATIENCE_S)
        os.write(write, b"B")
        typed = [driver.posted.get(timeout=PATIENCE_S) for _ in range(5)]
        assert typed[:4] == ["a", "é", "enter", "up"]
        # Whether the pieces of a sequence belong together is a matter of time.
        assert typed[4] in ("down", "left_square_bracket")


async def test_an_escape_to_which_nothing_comes_is_a_key() -> None:
    async with _listening() as (driver, write, _):
        os.write(write, b"\x1b")
        assert driver.posted.get(timeout=PATIENCE_S) == "escape"
        os.write(write, b"q")
        assert driver.posted.get(timeout=PATIENCE_S) == "q"


async def test_it_ends_when_asked_and_goes_on_when_started_again() -> None:
    async with _listening() as (driver, write, thread):
        os.write(write, b"a")
        assert driver.posted.get(timeout=PATIENCE_S) == "a"
        driver.exit_event.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        driver.exit_event.clear()
        again = Thread(target=driver.run_input_thread, daemon=True)
        again.start()
        os.write(write, b"b")
        assert driver.posted.get(timeout=PATIENCE_S) == "b"
        driver.exit_event.set()
        again.join(PATIENCE_S)
        assert not again.is_alive()


async def test_a_terminal_that_is_gone_is_not_asked_again_and_again(waits: Waits) -> None:
    with _signals():
        read, write = os.pipe()
        driver = Listening(read)
        thread = Thread(target=driver.run_input_thread, daemon=True)
        os.close(write)
        thread.start()
        # It has seen the end, and waits for its own alone.
        assert [waits.get(timeout=PATIENCE_S) for _ in range(2)] == [None, None]
        assert waits.empty()
        driver.exit_event.set()
        thread.join(PATIENCE_S)
        os.close(read)
        assert not thread.is_alive()


async def test_it_waits_without_end_while_nothing_is_typed(waits: Waits) -> None:
    async with _listening() as (driver, write, _):
        assert waits.get(timeout=PATIENCE_S) is None
        os.write(write, b"a")
        assert driver.posted.get(timeout=PATIENCE_S) == "a"
        # Once it waits for what may belong to the key, and then for as long as it takes.
        assert [waits.get(timeout=PATIENCE_S) for _ in range(2)] == [driver_module.PENDING_S, None]


async def test_the_cockpit_uses_it_unless_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as driven:
        assert driven.app.driver_class is WaitingDriver
        monkeypatch.setattr("textual.constants.DRIVER", "textual.drivers.headless_driver:HeadlessDriver")
        assert Cockpit.get_driver_class(driven.app).__name__ == "HeadlessDriver"
