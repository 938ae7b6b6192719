"""A batch of twelve tracks whose host, cockpit, agents and shims are killed at random moments, until its end."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

from orchestrator_tui.cli.cockpit import SNAPSHOTS
from orchestrator_tui.cli.journals import find_place
from orchestrator_tui.core.schedule.rules import run_of
from orchestrator_tui.demo.terminal import CockpitTerminal
from tests.run_real.ground import APPROVE, WORKFLOW, Ground, quoted

WRITTEN = 'echo "$ORCH_TRACK" > "$ORCH_TRACK.txt"; sleep 0.1; echo "more of $ORCH_TRACK" >> "$ORCH_TRACK.txt"; '
SAVED = 'save "write $ORCH_TRACK"\n'
ENDS = {"awaiting_user", "completed", "stopped", "failed"}
LONGEST_S = 120.0

ANSWERS = (
    ("is not accepted after", "retry"),
    ("cannot go on", "retry"),
    ("Blue or green", "green"),
    ("m conflicts with", "ours"),
    ("Where to", "left"),
)


LETTERS = "abcdefghijkl"
OF_A_PERSON = {"README.md": "shop\nand more\n", "notes.txt": "not committed\n"}
"""What a person changes in the main working tree once the batch is under way, and never commits."""

EXPECTED = {
    "README.md": "shop\n",
    **{f"{slug}.txt": f"{slug}\nmore of {slug}\n" for slug in "aghij"},
    "b.txt": "b\nmore of b\npolished\n",
    "c.txt": "c\nmore of c\nright\n",
    "d.txt": "d\nmore of d\ngreen\n",
    "e.txt": "e\nmore of e\nleft\n",
    "f.txt": "f\nmore of f\na\nmore of a\n",
    "g.draft": "written once\n",
    "k.txt": "k\n",
    "l.txt": "l\n",
    "same.txt": "line\nk\nl\n",
}
"""The tree of every end, beside the workflow."""


OWNED = {"g": ["g.draft"], "k": ["same.txt"]}
"""What tracks own beside their letter. One of two that add to the same place may change more there: they conflict."""


def prepare(ground: Ground, workflow: str = WORKFLOW) -> tuple[str, ...]:
    """The batch: dependencies, a rework, a failing check, two questions, and two tracks that add to the same place."""
    ground.begin({**{f"{slug}.txt": f"{slug}\n" for slug in LETTERS}, "same.txt": "line\n"}, workflow)
    ground.act("any-1", WRITTEN + SAVED)
    ground.act("any-2", APPROVE)
    # Its reviewer finds something, once; what was found is known to whoever comes after.
    ground.act("b-1", WRITTEN + f"noted b && echo polished >> b.txt; {SAVED}")
    ground.act("b-2", "if grep -q polished b.txt; then echo APPROVED; else note b; echo 'too short'; echo REWORK; fi\n")
    ground.act("c-1", WRITTEN + f"noted c && echo right >> c.txt; {SAVED}")
    ground.act("d-1", WRITTEN + f'ask "Blue or green?" --option blue --option green --wait 60 >> d.txt && {SAVED}')
    ground.act("e-1", WRITTEN + f'ask "Where to?" --option left --option right --wait 60 >> e.txt && {SAVED}')
    ground.act("f-1", WRITTEN + "cat a.txt >> f.txt && " + SAVED)
    # Written by the first agent alone, and committed by whoever comes to its end: whoever is sent after it finds it.
    ground.act("g-1", f"noted g || {{ echo 'written once' > g.draft; note g; sleep 0.2; }}; {WRITTEN + SAVED}")
    ground.act("k-1", "grep -qx k same.txt || echo k >> same.txt; " + SAVED)
    ground.act("l-1", "grep -qx l same.txt || echo l >> same.txt; " + SAVED)
    # Whichever of the two is merged first: the other one resolves it.
    for slug in "kl":
        ground.act(f"{slug}-0", "sleep 0.05; printf 'line\\nk\\nl\\n' > same.txt; " + SAVED)
    ground.answers(*ANSWERS)
    after = {"f": ["a"], "g": ["f"], "h": ["b", "c"], "i": ["e"]}
    marked = quoted(ground.root / "notes" / "c")
    checks = {
        "c": {"right": f"grep -q right c.txt || {{ mkdir -p {quoted(ground.root / 'notes')}; : > {marked}; false; }}"}
    }
    tracks = [
        {
            "slug": slug,
            "files": [f"{slug}.txt", *OWNED.get(slug, [])],
            "brief": "write",
            "append_only": ["same.txt"] if slug == "l" else [],
            "depends_on": after.get(slug, []),
            "kind": "bug" if slug == "j" else "feature",
            "checks": checks.get(slug, {"there": f"test -s {slug}.txt"}),
        }
        for slug in LETTERS
    ]
    plan = ground.plan(tracks, checks={"whole": "! grep -q '<<<<' same.txt"}, rules={"merging": {"checks": []}})
    return (str(plan), "--yes", "--answers", str(ground.root / "answers.yaml"))


class Watching:
    """A person's cockpit on the batch, opened again whenever it has been killed."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._terminal: CockpitTerminal | None = None

    @property
    def terminal(self) -> CockpitTerminal:
        """The cockpit that lives."""
        if self._terminal is None or self._terminal.ended:
            self.close()
            self._terminal = CockpitTerminal([str(self._ground.repository)], frames_of(self._ground))
        return self._terminal

    def close(self) -> None:
        """End the cockpit, if there is one."""
        if self._terminal is not None:
            self._terminal.close()


def frames_of(ground: Ground) -> Path:
    """Where the cockpit saves what it shows."""
    return find_place(str(ground.repository)).directory / SNAPSHOTS


def disturbed(ground: Ground, seed: int, kills: int, workflow: str = WORKFLOW) -> list[str]:
    """Play the batch to its end with so many kills, looked at by a cockpit; what was killed, in order."""
    chance = random.Random(seed)
    first = prepare(ground, workflow)
    host = ground.host(*first)
    watching = Watching(ground)
    done: list[str] = []
    deadline = time.monotonic() + LONGEST_S
    next_kill = time.monotonic() + 0.5 + chance.random()
    try:
        while True:
            assert time.monotonic() < deadline, (
                f"seed {seed}: does not end: {done} {ground.states()} {_waiting(ground)}"
            )
            if host.poll() is not None:
                if ground.runs() and ground.batch().state in ENDS:
                    break
                words = (ground.root / "host.txt").read_text("utf-8", "replace")[-600:]
                assert host.returncode == -signal.SIGKILL, f"seed {seed}: {done}: its host gave up: {words}"
                host = _resumed(ground, first)
            if len(done) < kills and time.monotonic() >= next_kill:
                done.append(_kill(ground, host, watching.terminal, chance))
                next_kill = time.monotonic() + chance.expovariate(2.0)
            if ground.runs() and not (ground.repository / "notes.txt").exists():
                _change_as_a_person_does(ground)
            time.sleep(0.01)
        if kills:
            assert "Letters" in watching.terminal.frame().text, f"seed {seed}: {done}: no cockpit shows the batch"
    finally:
        watching.close()
    return done


def _change_as_a_person_does(ground: Ground) -> None:
    for name, content in OF_A_PERSON.items():
        (ground.repository / name).write_text(content, "utf-8")
    ground.git("branch", "mine", "main")


def _waiting(ground: Ground) -> list[str]:
    return [one.question.question for one in ground.gates()]


def _resumed(ground: Ground, first: tuple[str, ...]) -> subprocess.Popen[bytes]:
    if not ground.runs():
        return ground.host(*first)
    batch = ground.batch()
    return ground.host("--resume", batch.id, *first[1:])


def _kill(ground: Ground, host: subprocess.Popen[bytes], cockpit: CockpitTerminal, chance: random.Random) -> str:
    """Kill some of what runs; in words what."""
    what = chance.choice(["host", "agent", "shim", "cockpit", "all", "host", "agent"])
    running = ground.processes()
    shims = sorted(pid for pid, words in running.items() if "shim.py" in words)
    agents = sorted(pid for pid in running if pid not in shims and pid != host.pid and _is_of_an_attempt(pid))
    victims: list[int] = []
    if what in ("cockpit", "all"):
        victims.append(cockpit.pid)
    if what in ("host", "all"):
        victims.append(host.pid)
    if what in ("agent", "all") and agents:
        victims += agents if what == "all" else [chance.choice(agents)]
    if what in ("shim", "all") and shims:
        victims += shims if what == "all" else [chance.choice(shims)]
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    if host.pid in victims:
        host.wait()
    if cockpit.pid in victims:
        cockpit.kill()
    return f"{what} {len(victims)}"


def _is_of_an_attempt(pid: int) -> bool:
    try:
        return b"\0ORCH_ATTEMPT=" in b"\0" + Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def check_the_end(ground: Ground, story: str) -> None:
    """What holds of every end, however it was come by."""
    assert set(ground.states().values()) == {"merged"}, f"{story}: {ground.states()}"
    assert ground.batch().state == "awaiting_user", story
    overlaps = [line for lines in ground.log().values() for line in lines if line[0] == "overlap"]
    assert not overlaps, f"{story}: {overlaps}"
    starts = [line[1] for lines in ground.log().values() for line in lines if line[0] == "start"]
    assert len(starts) == len(set(starts)), f"{story}: an attempt was started twice"
    begun = [str(event.payload["effect"]) for event in ground.events("effect_begun")]
    assert len(begun) == len(set(begun)), story
    left = {pid: words for pid, words in ground.processes().items() if words}
    assert not left, f"{story}: {left}"
    assert not ground.gates(), story
    asked = {one.question.kind for one in ground.batch().gates.values()}
    assert not asked & {"worktree", "unknown_effect", "tampered"}, f"{story}: {asked}"
    _check_git(ground, story)


def _check_git(ground: Ground, story: str) -> None:
    assert ground.git("status", "--porcelain").splitlines() == [" M README.md", "?? notes.txt"], story
    here = {name: (ground.repository / name).read_text("utf-8") for name in OF_A_PERSON}
    assert here == OF_A_PERSON, story
    assert ground.git("rev-parse", "mine") == ground.git("rev-parse", "main"), story
    names = ground.git("ls-tree", "-r", "--name-only", run_of(ground.batch()).plan.integration).splitlines()
    merged = {name: ground.file(name) for name in names if not name.startswith(".orch/")}
    assert merged == EXPECTED, story
    listed = ground.git("worktree", "list", "--porcelain")
    places = [Path(line.partition(" ")[2]) for line in listed.splitlines() if line.startswith("worktree ")]
    assert all(place.is_dir() for place in places), f"{story}: {listed}"
    assert "prunable" not in listed, f"{story}: {listed}"
    kept = {slug for slug, one in ground.batch().tracks.items() if slug != "batch" and one.work and one.work.kept}
    root = Path(run_of(ground.batch()).plan.worktrees)
    assert {place.name for place in places[1:]} == {"integration", *kept}, f"{story}: {listed}"
    assert {place.name for place in root.iterdir()} == {"integration", *kept}, story
    assert not re.search("missing|dangling commit|error|broken", ground.git("fsck", "--no-dangling")), story
    for track in ground.batch().tracks.values():
        if track.work is not None and track.work.head_sha:
            contained = ground.git(
                "merge-base", "--is-ancestor", track.work.head_sha, run_of(ground.batch()).plan.integration
            )
            assert contained == "", story
