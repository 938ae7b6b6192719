"""What is said to a job: whole, in order, and refused when nobody can hear it."""

from __future__ import annotations

import threading

import pytest

from orchestrator_tui.adapters.jobs.job import MOST_SAID, JobError
from tests.adapters.jobs.scene import Scene, kill
from tests.journal.processes import until

# Copies its input to its output and says so at the end.
ECHO = "cat; echo over"
# Counts bytes a line: lines of one message consist of one letter, so a torn one would show.
WHOLE_LINES = """
import sys
for line in sys.stdin.buffer:
    print(len(line), sorted(set(line)), flush=True)
print("over")
"""


def test_the_first_bytes_end_the_input_of_a_job_that_is_not_kept_open(scene: Scene) -> None:
    scene.shell("attempt", ECHO, stdin=b"first\n")
    scene.ended("attempt")
    assert scene.jobs.tail("attempt") == b"first\nover\n"


def test_messages_come_in_order_behind_the_first_bytes(scene: Scene) -> None:
    scene.shell("attempt", ECHO, stdin=b"first\n", keep_open=True)
    for number in range(200):
        scene.jobs.say("attempt", b"%d\n" % number)
    scene.jobs.close_input("attempt")
    scene.ended("attempt")
    expected = b"".join(b"%d\n" % number for number in range(200))
    assert scene.jobs.tail("attempt") == b"first\n" + expected + b"over\n"


def test_large_messages_of_many_speakers_do_not_mix(scene: Scene) -> None:
    scene.python("attempt", WHOLE_LINES, keep_open=True)
    letters = b"abcdef"

    def speak(letter: int) -> None:
        for size in (MOST_SAID, 10, 70_000):
            scene.jobs.say("attempt", bytes([letter]) * (size - 1) + b"\n")

    threads = [threading.Thread(target=speak, args=(letter,)) for letter in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.jobs.close_input("attempt")
    scene.ended("attempt")
    *lines, last = scene.jobs.tail("attempt").decode().splitlines()
    assert last == "over"
    for letter in letters:
        own = [line for line in lines if line.endswith(f"{sorted({10, letter})}")]
        assert own == [f"{size} {sorted({10, letter})}" for size in (MOST_SAID, 10, 70_000)]


def test_a_job_that_does_not_read_holds_nobody_up(scene: Scene) -> None:
    scene.shell("attempt", "read line; echo $line; sleep 600", keep_open=True, wall_s=600.0)
    scene.jobs.say("attempt", b"x\n")
    for _ in range(4):
        scene.jobs.say("attempt", b"y" * MOST_SAID)
    scene.printed("attempt", b"x\n")
    scene.jobs.stop("attempt", 0.05)
    assert scene.ended("attempt").reason == "stopped"


def test_nothing_can_be_said_to_a_job_that_is_not_kept_open(scene: Scene) -> None:
    scene.start("attempt", "sleep", "600")
    with pytest.raises(JobError, match="job attempt: its standard input is closed"):
        scene.jobs.say("attempt", b"x")
    scene.jobs.close_input("attempt")


def test_nothing_can_be_said_after_the_end_of_the_input(scene: Scene) -> None:
    scene.start("attempt", "sleep", "600", keep_open=True)
    scene.jobs.close_input("attempt")
    scene.jobs.close_input("attempt")
    with pytest.raises(JobError, match="its standard input is closed"):
        scene.jobs.say("attempt", b"x")


def test_nothing_can_be_said_when_the_job_closed_its_input_itself(scene: Scene) -> None:
    scene.shell("attempt", "exec 0<&-; sleep 600", keep_open=True)
    until((scene.place("attempt") / "closed").exists)
    with pytest.raises(JobError, match="its standard input is closed"):
        scene.jobs.say("attempt", b"x")


def test_nothing_can_be_said_to_a_job_that_has_ended(scene: Scene) -> None:
    with pytest.raises(JobError, match="job attempt: it does not run"):
        scene.jobs.say("attempt", b"x")
    scene.start("attempt", "true", keep_open=True)
    scene.ended("attempt")
    with pytest.raises(JobError, match="job attempt: it does not run"):
        scene.jobs.say("attempt", b"x")
    with pytest.raises(JobError, match="job attempt: it does not run"):
        scene.jobs.say("attempt", b"x" * MOST_SAID)


def test_more_than_can_be_said_at_once_is_refused_whole(scene: Scene) -> None:
    scene.shell("attempt", ECHO, keep_open=True)
    with pytest.raises(JobError, match="1048577 bytes cannot be said at once"):
        scene.jobs.say("attempt", b"x" * (MOST_SAID + 1))
    scene.jobs.close_input("attempt")
    scene.ended("attempt")
    assert scene.jobs.tail("attempt") == b"over\n"


def test_a_message_that_no_shim_will_take_is_not_left_lying(scene: Scene) -> None:
    seen = scene.start("attempt", "sleep", "600", keep_open=True)
    kill(scene.shim("attempt"))
    with pytest.raises(JobError, match="its shim is dead"):
        scene.jobs.say("attempt", b"x")
    assert seen.process is not None
    assert list((scene.place("attempt") / "in").iterdir()) == []
    kill(seen.process.pid)
