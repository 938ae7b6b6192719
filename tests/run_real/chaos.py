"""A batch of twelve tracks whose host, agents and shims are killed at random moments, resumed until its end."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

from orchestrator_tui.core.schedule.rules import run_of
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


def prepare(ground: Ground, workflow: str = WORKFLOW) -> tuple[str, ...]:
    """The batch: dependencies, a rework, a failing check, two questions, and two tracks that add to the same place."""
    ground.begin({**{f"{slug}.txt": f"{slug}\n" for slug in "abcdefghijkl"}, "same.txt": "line\n"}, workflow)
    ground.act("any-1", WRITTEN + SAVED)
    ground.act("any-2", APPROVE)
    # Its reviewer finds something, once; what was found is known to whoever comes after.
    ground.act("b-1", WRITTEN + f"noted b && echo polished >> b.txt; {SAVED}")
    ground.act("b-2", "if grep -q polished b.txt; then echo APPROVED; else note b; echo 'too short'; echo REWORK; fi\n")
    ground.act("c-1", WRITTEN + f"noted c && echo right >> c.txt; {SAVED}")
    ground.act("d-1", WRITTEN + f'ask "Blue or green?" --option blue --option green --wait 60 >> d.txt && {SAVED}')
    ground.act("e-1", WRITTEN + f'ask "Where to?" --option left --option right --wait 60 >> e.txt && {SAVED}')
    ground.act("f-1", WRITTEN + "cat a.txt >> f.txt && " + SAVED)
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
            "files": [f"{slug}.txt"],
            "brief": "write",
            "append_only": ["same.txt"] if slug in "kl" else [],
            "depends_on": after.get(slug, []),
            "kind": "bug" if slug == "j" else "feature",
            "checks": checks.get(slug, {"there": f"test -s {slug}.txt"}),
        }
        for slug in "abcdefghijkl"
    ]
    plan = ground.plan(tracks, checks={"whole": "! grep -q '<<<<' same.txt"}, rules={"merging": {"checks": []}})
    return (str(plan), "--yes", "--answers", str(ground.root / "answers.yaml"))


def disturbed(ground: Ground, seed: int, kills: int, workflow: str = WORKFLOW) -> list[str]:
    """Play the batch to its end with so many kills; what was killed, in order."""
    chance = random.Random(seed)
    first = prepare(ground, workflow)
    host = ground.host(*first)
    done: list[str] = []
    deadline = time.monotonic() + LONGEST_S
    next_kill = time.monotonic() + 0.5 + chance.random()
    while True:
        assert time.monotonic() < deadline, f"seed {seed}: it does not end: {done} {ground.states()} {_waiting(ground)}"
        if host.poll() is not None:
            if ground.runs() and ground.batch().state in ENDS:
                break
            words = (ground.root / "host.txt").read_text("utf-8", "replace")[-600:]
            assert host.returncode == -signal.SIGKILL, f"seed {seed}: {done}: its host gave up: {words}"
            host = _resumed(ground, first)
        if len(done) < kills and time.monotonic() >= next_kill:
            done.append(_kill(ground, host, chance))
            next_kill = time.monotonic() + chance.expovariate(2.0)
        time.sleep(0.01)
    return done


def _waiting(ground: Ground) -> list[str]:
    return [one.question.question for one in ground.gates()]


def _resumed(ground: Ground, first: tuple[str, ...]) -> subprocess.Popen[bytes]:
    if not ground.runs():
        return ground.host(*first)
    batch = ground.batch()
    return ground.host("--resume", batch.id, *first[1:])


def _kill(ground: Ground, host: subprocess.Popen[bytes], chance: random.Random) -> str:
    """Kill some of what runs; in words what."""
    what = chance.choice(["host", "agent", "shim", "all", "host", "agent"])
    running = ground.processes()
    shims = sorted(pid for pid, words in running.items() if "shim.py" in words)
    agents = sorted(pid for pid in running if pid not in shims and pid != host.pid and _is_of_an_attempt(pid))
    victims: list[int] = []
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
    assert ground.git("status", "--porcelain") == "", story
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
