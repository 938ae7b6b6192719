"""What a pipe, a socket, a file and a terminal tell of their readers."""

from __future__ import annotations

import os
import pty
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.agent.receipt import print_all, receipt
from tests.journal.processes import until


class Time:
    """Time that passes by sleeping; what is scripted happens at the first sleep."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.now, self._then = 0.0, then

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self._then()
        self._then = lambda: None
        self.now += seconds


def told(descriptor: int, then: Callable[[], object] = lambda: None) -> str | None:
    time = Time(then)
    return receipt(descriptor, 2.0, time.sleep, time.monotonic)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            assert descriptor == reading, "only tests that close the reading end do so early"


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_pipe_that_was_read_to_the_end_is_a_receipt(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    print_all(writing, "ttl\n")
    assert "pipe" in str(told(writing, lambda: os.read(reading, 100)))


def test_a_pipe_that_was_read_in_part_is_none(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    print_all(writing, "ttl\n")
    assert told(writing, lambda: os.read(reading, 2)) == ""


def test_a_pipe_whose_reader_left_early_says_so(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    print_all(writing, "ttl\n")
    assert told(writing, lambda: os.close(reading)) is None


def test_a_pipe_whose_reader_took_all_and_left_is_a_receipt(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    print_all(writing, "ttl\n")
    os.read(reading, 100)
    os.close(reading)
    assert "pipe" in str(told(writing))


def test_a_socket_that_was_read_is_a_receipt(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    print_all(ours.fileno(), "ttl\n")
    assert told(ours.fileno()) == ""
    assert "socket" in str(told(ours.fileno(), lambda: theirs.recv(100)))
    theirs.close()
    assert "socket" in str(told(ours.fileno()))


def test_a_socket_whose_reader_left_early_says_so(sockets: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = sockets
    print_all(ours.fileno(), "ttl\n")
    assert told(ours.fileno(), theirs.close) is None


def test_a_file_and_a_terminal_tell_nothing(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        print_all(file.fileno(), "ttl\n")
        assert told(file.fileno()) == ""
    control, terminal = pty.openpty()
    try:
        print_all(terminal, "ttl\n")
        assert told(terminal) == ""
    finally:
        os.close(control)
        os.close(terminal)


def test_a_descriptor_that_is_not_there_tells_nothing() -> None:
    assert told(10_000) == ""


def test_a_long_answer_is_written_whole_into_a_full_pipe_that_does_not_block(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    text, read = "ä" * 200_000 + "\n", bytearray()

    def drain() -> None:
        while len(read) < len(text.encode()):
            read.extend(os.read(reading, 4096))

    reader = threading.Thread(target=drain)
    reader.start()
    print_all(writing, text)
    reader.join(timeout=60)
    assert read.decode() == text


def test_a_disk_that_takes_only_a_part_is_an_error(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda descriptor, data: 0)
    with pytest.raises(OSError, match="No space left"):
        print_all(pipe[1], "ttl\n")


def test_a_reader_in_another_process_is_seen(pipe: tuple[int, int]) -> None:
    import subprocess

    reading, writing = pipe
    with subprocess.Popen(["head", "-n", "1"], stdin=reading, stdout=subprocess.PIPE, text=True) as head:
        print_all(writing, "ttl\n")
        until(lambda: bool(receipt(writing, 0.1)))
        assert head.communicate(timeout=60)[0] == "ttl\n"
