"""Hints of change: they come when the system tells, every second where it does not, and nothing depends on them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.adapters.tasks import changes
from orchestrator_tui.adapters.tasks import watch as watch_module
from orchestrator_tui.adapters.tasks.watch import TaskWatch
from tests.tasks.manual import put, wait_until
from tests.tasks.processes import ROOT, running, said

LIMIT = 20.0
WAYS = [changes.by_watchfiles, *([changes.by_inotify] if sys.platform.startswith("linux") else [])]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way in which a system tells, whichever this one would take."""
    monkeypatch.setattr(changes, "turns", request.param)


class Heard:
    """Counts hints; waits for the next one after something was done."""

    def __init__(self, watch: TaskWatch) -> None:
        self.watch = watch
        self.count = 0
        self.more = threading.Condition()

    def hint(self) -> None:
        with self.more:
            self.count += 1
            self.more.notify_all()

    def after(self, action: Callable[[], object]) -> None:
        """Do it; wait for a hint that comes later."""
        with self.more:
            before = self.count
        action()
        with self.more:
            assert self.more.wait_for(lambda: self.count > before, LIMIT), "no hint"

    def quiet(self) -> None:
        """Wait until the watch is armed: the first turn gives its hint of its own accord."""
        with self.more:
            while self.more.wait(0.4):
                continue


@contextmanager
def heard(directories: Callable[[], list[str]], probe: Callable[[str], str] = lambda _: "ext4") -> Iterator[Heard]:
    watch = TaskWatch(directories, probe)
    heard = Heard(watch)
    watch.start(heard.hint)
    try:
        heard.quiet()
        yield heard
    finally:
        watch.close()


def below(root: Path) -> Callable[[], list[str]]:
    """The root and the lists that are in it now."""
    return lambda: [
        str(root),
        *(str(path) for path in (sorted(root.iterdir()) if root.is_dir() else []) if path.is_dir()),
    ]


@pytest.mark.usefixtures("each_way")
def test_changes_of_task_files_give_hints(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    path = put(root / "a", "1")
    with heard(below(root)) as ear:
        assert ear.watch.mode == "2 directories, by events"
        ear.after(lambda: put(root / "a", "1", subject="in place"))
        ear.quiet()
        other = put(tmp_path / "elsewhere", "1", subject="renamed")
        ear.after(lambda: os.replace(other, path))
        ear.quiet()
        ear.after(path.unlink)


@pytest.mark.usefixtures("each_way")
def test_a_new_list_is_watched_from_then_on(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    root.mkdir()
    with heard(below(root)) as ear:
        assert ear.watch.mode == "1 directory, by events"
        ear.after(lambda: put(root / "a", "1"))
        wait_until(lambda: ear.watch.mode == "2 directories, by events")
        ear.quiet()
        ear.after(lambda: put(root / "a", "1", subject="b"))


@pytest.mark.usefixtures("each_way")
def test_a_list_made_anew_is_watched_anew(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    put(root / "a", "1")
    with heard(lambda: [str(root), str(root / "a")]) as ear:
        ear.after(lambda: shutil.rmtree(root / "a"))
        ear.quiet()
        ear.after(lambda: put(root / "a", "1"))
        ear.quiet()
        ear.after(lambda: put(root / "a", "1", subject="b"))


@pytest.mark.usefixtures("each_way")
def test_a_root_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "claude" / "tasks"
    with heard(below(root)) as ear:
        assert ear.watch.mode == "waiting for a task list, by events"
        ear.after(root.parent.mkdir)
        ear.quiet()
        ear.after(root.mkdir)
        wait_until(lambda: ear.watch.mode == "1 directory, by events")
        ear.quiet()
        ear.after(lambda: put(root / "a", "1"))


@pytest.mark.usefixtures("each_way")
def test_our_own_half_made_files_and_locks_give_no_hints(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    put(root, "1")
    with heard(lambda: [str(root)]) as ear:
        before = ear.count
        (root / "1.json.lock").mkdir()
        (root / ".orch-1-5.tmp").write_text("x")
        (root / ".orch-1-5.tmp").unlink()
        (root / "1.json.lock").rmdir()
        ear.quiet()
        assert ear.count == before
        ear.after(lambda: put(root, "2"))


WATCHES = """
import sys, threading
from pathlib import Path
from orchestrator_tui.adapters.tasks.watch import TaskWatch

heard = threading.Semaphore(0)
watch = TaskWatch(lambda: sys.argv[1:])
watch.start(heard.release)
heard.acquire()
heard.acquire()
print(sum(path.read_text().count("inotify wd:") for path in Path("/proc/self/fdinfo").glob("[0-9]*") if path.exists()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its watches in /proc")
def test_one_watch_a_directory_and_none_below(tmp_path: Path) -> None:
    root = tmp_path / "tasks"
    for name in "abc":
        put(root / name, "1")
        (root / name / "deep" / "deeper").mkdir(parents=True)
    with running(WATCHES, root, *(root / name for name in "abc")) as process:
        assert said(process) == "4"


def test_where_the_system_does_not_tell_hints_come_anyway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.01)
    put(tmp_path / "tasks", "1")

    def never(*_: Any, **__: Any) -> Any:
        pytest.fail("watched a file system that tells nothing")

    monkeypatch.setattr(changes, "turns", never)
    watch = TaskWatch(lambda: [str(tmp_path / "tasks")], lambda _: "nfs4")
    ear = Heard(watch)
    watch.start(ear.hint)
    for _ in range(3):
        ear.after(lambda: None)
    assert watch.mode == "1 directory polled every second (file system nfs4)"
    watch.close()


def test_both_kinds_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.01)
    for name in ("local", "remote"):
        (tmp_path / name).mkdir()
    watch = TaskWatch(lambda: [str(tmp_path / "local"), str(tmp_path / "remote")])

    def kind(place: Any) -> str:
        return "nfs4" if place.path.endswith("remote") else "ext4"

    monkeypatch.setattr(watch, "_kind", kind)
    ear = Heard(watch)
    watch.start(ear.hint)
    for _ in range(5):
        ear.after(lambda: None)
    assert watch.mode == "1 directory, by events; 1 directory polled every second (file system nfs4)"
    watch.close()


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(28, "No space left on device"), "no space left on device"),
        (RuntimeError("OS file watch limit reached.\nabout [x]"), "OS file watch limit reached. about [x]"),
        (ImportError("no watchfiles here"), "no watchfiles here"),
    ],
)
def test_where_watching_is_refused_hints_come_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
) -> None:
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.01)
    put(tmp_path / "tasks", "1")

    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(changes, "turns", refuse)
    watch = TaskWatch(lambda: [str(tmp_path / "tasks")], lambda _: "ext4")
    ear = Heard(watch)
    watch.start(ear.hint)
    for _ in range(4):
        ear.after(lambda: None)
    assert watch.mode == f"1 directory polled every second ({why})"
    # After a while watching is tried again.
    monkeypatch.undo()
    watch._refused_until = 0.0
    wait_until(lambda: watch.mode == "1 directory, by events")
    watch.close()


def test_a_hint_on_demand(tmp_path: Path) -> None:
    watch = TaskWatch(lambda: [str(tmp_path)])
    ear = Heard(watch)
    watch._changed = ear.hint
    watch.again_in(3_600_000)
    ear.after(lambda: watch.again_in(1))
    watch.again_in(3_600_000)
    watch.close()
    watch.again_in(0)
    assert ear.count == 1


def test_closing_twice_and_before_the_start(tmp_path: Path) -> None:
    watch = TaskWatch(lambda: [str(tmp_path)])
    watch.close()
    watch.close()
    assert watch.mode == "not watching yet"


FOLLOW = """
import json, queue, sys, time
from orchestrator_tui.adapters.tasks.scan import TaskLists
from orchestrator_tui.adapters.tasks.watch import TaskWatch
from orchestrator_tui.core.instant import Instant

lists = TaskLists([sys.argv[1]])
hints = queue.Queue()
watch = TaskWatch(lists.directories)
watch.start(lambda: hints.put(None))
said = None
while True:
    lists.scan(Instant(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000, "boot"))
    known = sum(record.metadata.get("n", 0) for record in lists.records())
    if known != said:
        print(known, flush=True)
        said = known
    try:
        hints.get(timeout=0.3)
        while True:
            hints.get_nowait()
    except queue.Empty:
        pass
"""


def test_hints_lost_while_stopped_are_made_up_for(tmp_path: Path) -> None:
    directory = tmp_path / "list"
    for number in range(1, 51):
        put(directory, str(number), metadata={"n": 0})
    with running(FOLLOW, directory) as process:
        assert said(process) == "0"
        process.send_signal(signal.SIGSTOP)
        # Four events each: more than the system keeps for a watcher that does not read.
        for turn in range(6000):
            number = turn % 50 + 1
            temporary = directory / ".turn"
            temporary.write_text(
                json.dumps({"id": str(number), "subject": "s", "status": "x", "metadata": {"n": turn}})
            )
            os.replace(temporary, directory / f"{number}.json")
        process.send_signal(signal.SIGCONT)
        expected = sum(range(5950, 6000))
        while said(process) != str(expected):
            assert process.poll() is None


def test_nothing_here_loads_more_than_the_standard_library_at_once() -> None:
    names = ("reader", "lock", "writer", "scan", "watch")
    heavy = ("watchfiles", "anyio", "pydantic", "yaml", "textual", "asyncio", "subprocess", "random")
    code = "import sys\n" + "".join(f"import orchestrator_tui.adapters.tasks.{name}\n" for name in names)
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
