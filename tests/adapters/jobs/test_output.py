"""What a job prints: bounded on disk, never in its way, complete for who follows it, and without its secrets."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.adapters.jobs import processes
from orchestrator_tui.adapters.jobs.copier import Copier
from orchestrator_tui.adapters.jobs.output import growth, segments
from tests.adapters.jobs.scene import Scene, gone
from tests.journal.processes import until

MEBIBYTE = 1 << 20
# Every line says where it stands, so that any part of the stream shows where it is from.
NUMBERED = """
import sys
for number in range({lines}):
    sys.stdout.write("%015d\\n" % (number * 16))
"""


def numbered(start: int, end: int) -> bytes:
    whole = b"".join(b"%015d\n" % number for number in range(start - start % 16, end, 16))
    return whole[start % 16 : start % 16 + end - start]


def on_disk(scene: Scene, id: str) -> int:
    return sum(path.stat().st_size for path in scene.place(id).iterdir() if path.is_file())


def test_a_stream_in_full_while_it_grows(scene: Scene) -> None:
    scene.python("attempt", NUMBERED.format(lines=20_000), output_cap=4 * MEBIBYTE)
    data, offset = b"", 0
    while scene.jobs.look("attempt").status == "running" or offset < scene.jobs.look("attempt").output_bytes:
        more, offset = scene.jobs.follow("attempt", "output", offset, limit=5_000)
        assert len(more) <= 5_000
        data += more
    assert data == numbered(0, 320_000)
    assert scene.jobs.tail("attempt", limit=100) == numbered(319_900, 320_000)


def test_the_head_and_the_newest_part_are_kept(scene: Scene) -> None:
    scene.python("attempt", NUMBERED.format(lines=100_000), output_cap=400_000)
    ended = scene.ended("attempt")
    assert ended.output_bytes == 1_600_000
    head, *rest = segments(scene.place("attempt"), "output")
    assert (head.start, head.size) == (0, 100_000)
    assert rest[-1].end == 1_600_000
    kept = sum(one.size for one in (head, *rest))
    assert 300_000 <= kept <= 400_000
    assert ended.dropped_bytes == 1_600_000 - kept
    data, offset = scene.jobs.follow("attempt", "output", 0)
    gap = f"\n[{ended.dropped_bytes} bytes of this output were not kept]\n".encode()
    assert data == numbered(0, 100_000) + gap + numbered(rest[0].start, 1_600_000)
    assert offset == 1_600_000
    assert scene.jobs.follow("attempt", "output", offset) == (b"", offset)
    paths = scene.jobs.paths("attempt")
    assert paths == {"output": tuple(one.path for one in (head, *rest)), "error": ()}


def test_who_follows_from_inside_a_gap_is_told_the_rest_of_it(scene: Scene) -> None:
    scene.python("attempt", NUMBERED.format(lines=100_000), output_cap=400_000)
    scene.ended("attempt")
    second = segments(scene.place("attempt"), "output")[1]
    data, _ = scene.jobs.follow("attempt", "output", second.start - 7, limit=16)
    assert data == b"\n[7 bytes of this output were not kept]\n" + numbered(second.start, second.start + 16)


def test_a_flood_neither_fills_the_disk_nor_waits(scene: Scene) -> None:
    scene.shell("attempt", f"head -c {300 * MEBIBYTE} /dev/zero", output_cap=2 * MEBIBYTE)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.output_bytes) == (0, 300 * MEBIBYTE)
    assert ended.dropped_bytes >= 298 * MEBIBYTE
    assert on_disk(scene, "attempt") <= 2 * MEBIBYTE + 16_384


def test_a_flood_without_end_is_stopped_in_its_midst(scene: Scene) -> None:
    scene.start("attempt", "yes", output_cap=MEBIBYTE)
    scene.until("attempt", lambda seen: seen.output_bytes > 2 * MEBIBYTE)
    scene.jobs.stop("attempt", 5.0)
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.reason) == (-2, "stopped")
    assert on_disk(scene, "attempt") <= MEBIBYTE + 16_384


def test_a_line_that_is_not_ended_is_shown_when_nothing_more_comes(scene: Scene) -> None:
    scene.shell("attempt", "printf 'Name? '; read line; printf 'Hello '; sleep 600", keep_open=True)
    scene.printed("attempt", b"Name? ")
    scene.jobs.say("attempt", b"x\n")
    scene.printed("attempt", b"Name? Hello ")


def test_no_secret_gets_into_the_files(scene: Scene) -> None:
    secret = "swordfish-" + "7" * 30
    code = f"""
import os, time
secret = b"{secret}"
for cut in range(1, len(secret)):
    os.write(1, b"<" + secret[:cut])
    time.sleep(0.002)
    os.write(1, secret[cut:] + b">")
os.write(1, b"\\n")
os.write(2, b"token sk-ant-api03-" + b"a1B2" * 20 + b" end")
"""
    scene.python("attempt", code, secrets=(secret,))
    scene.ended("attempt")
    assert scene.jobs.tail("attempt") == b"<[redacted]>" * 39 + b"\n"
    assert scene.jobs.tail("attempt", "error") == b"token [redacted] end"


def test_shapes_are_left_alone_where_the_output_goes_back(scene: Scene) -> None:
    key = "sk-ant-api03-" + "a1B2" * 20
    scene.shell("attempt", f"echo {key} swordfish-7", secrets=("swordfish-7",), shapes=False)
    scene.ended("attempt")
    assert scene.jobs.tail("attempt").decode() == f"{key} [redacted]\n"


def test_a_directory_that_vanishes_does_not_end_the_job(scene: Scene) -> None:
    seen = scene.shell(
        "attempt",
        "touch up; while [ ! -e go ]; do sleep 0.01; done; seq 1 300000; touch over",
        cwd=str(scene.directory),
    )
    until((scene.directory / "up").exists)
    shim = processes.look(scene.shim("attempt"))
    assert shim is not None
    shutil.rmtree(scene.place("attempt"))
    (scene.directory / "go").touch()
    until((scene.directory / "over").exists)
    until(lambda: scene.marked() == [])
    until(lambda: gone(shim.pid, shim.start))
    assert seen.process is not None
    assert scene.jobs.look("attempt").status == "absent"


class FullDisk:
    """Writes of a copier, of which some find the disk full."""

    def __init__(self) -> None:
        self.full = False
        self.write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.write(descriptor, data)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "place"
    made.mkdir()
    return made


def test_what_a_full_disk_refuses_is_counted_and_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk()
    monkeypatch.setattr(os, "write", disk)
    monkeypatch.chdir(place)
    one = Copier("output", 1 << 30, (), True)
    one.accept(b"before\n")
    disk.full = True
    one.accept(b"refused\n" * 100)
    assert [path.name for path in place.iterdir()] == ["output.000000000000000"], "no empty files"
    disk.full = False
    one.accept(b"after\n")
    one.finish()
    assert (one.offset, one.dropped) == (7 + 800 + 6, 800)
    assert growth(place, "output", 0, 1 << 20) == (
        b"before\n\n[800 bytes of this output were not kept]\nafter\n",
        one.offset,
    )


def test_many_gaps_do_not_make_many_files(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk()
    monkeypatch.setattr(os, "write", disk)
    monkeypatch.chdir(place)
    one = Copier("output", 1 << 30, (), True)
    for number in range(400):
        disk.full = number % 2 == 1
        one.accept(b"%d\n" % number)
    one.finish()
    assert len(list(place.iterdir())) <= 66
    assert one.dropped == one.offset - sum(path.stat().st_size for path in place.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root can make a small file system")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_job_on_a_full_disk_runs_to_its_end_and_tells(small_disk: Path) -> None:
    scene = Scene(small_disk)
    scene.shell("attempt", f"head -c {4 * MEBIBYTE} /dev/zero; touch over", cwd=str(small_disk.parent))
    ended = scene.ended("attempt")
    assert (ended.exit_code, ended.output_bytes) == (0, 4 * MEBIBYTE)
    assert ended.dropped_bytes > 3 * MEBIBYTE
    assert (small_disk.parent / "over").exists()
    scene.close()
