"""What a demo shows at its end: frames, the life of every decision, and where everything is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant
from orchestrator_tui.core.model import Batch, Gate, GateState
from orchestrator_tui.core.queries import needs_person
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.demo.repository import DemoError, git
from orchestrator_tui.demo.stage import TRACKS, Stage
from orchestrator_tui.demo.terminal import Frame, orch


@frozen
class Summary:
    """Everything that a headless demo did and proved; ``gates`` holds every revision as it ended."""

    stage: Stage
    gates: tuple[Gate, ...]
    frames: tuple[tuple[str, Frame], ...]
    checks: tuple[str, ...]
    report: Path | None
    export: Path
    seconds: float

    @property
    def waiting(self) -> tuple[Gate, ...]:
        """The gates that nobody decided."""
        newest = {(gate.batch, gate.id): gate for gate in self.gates}
        return tuple(gate for gate in newest.values() if needs_person(gate))


def prove(stage: Stage, export: Path) -> tuple[str, ...]:
    """Export the batch, replay the file twice and verify it; what was shown, line by line.

    Raises:
        DemoError: the record is not what it promises to be.
    """
    where = stage.repository
    code, _ = orch(where, "export", stage.batch, "-o", str(export))
    if code != 0:
        raise DemoError("the batch could not be exported")
    first, second = (orch(where, "replay", str(export), "--text") for _ in range(2))
    if first[0] != 0 or first != second:
        raise DemoError("two replays of the same file differ")
    digest = hashlib.sha256(first[1].encode()).hexdigest()[:12]
    code, verdict = orch(where, "verify", str(export))
    if code != 0:
        raise DemoError(f"the record is not intact: {verdict.strip()}")
    return (
        f"replayed twice from the file alone: identical, {len(first[1])} characters, SHA-256 {digest}…",
        f"verified: {' '.join(verdict.split())}",
    )


def prove_run(stage: Stage, run: Batch, starts: Sequence[str]) -> tuple[str, ...]:
    """What a completed run has left behind, line by line; ``starts`` are the ids of all attempts that were started.

    Raises:
        DemoError: something of it is not as it should be.
    """
    assert run.run is not None
    if len(starts) != len(set(starts)):
        raise DemoError("an attempt was started twice")
    if set(run.merged) != set(TRACKS):
        raise DemoError(f"merged were {', '.join(run.merged) or 'none'}")
    plan = run.run.plan
    if git(stage.repository, "diff", "--stat", plan.integration, "main"):
        raise DemoError("main is not what was integrated")
    commits = git(stage.repository, "rev-list", "--count", f"{plan.base_sha}..main").strip()
    trees = git(stage.repository, "worktree", "list", "--porcelain").count("worktree ")
    deployed = {path.stem: len(path.read_text("utf-8").splitlines()) for path in stage.environments.glob("*.jsonl")}
    if deployed != {"dev": len(TRACKS), "staging": 1, "production": 1}:
        raise DemoError(f"deployed were {deployed}")
    by_rule = sum(gate.decision is not None and gate.decision.by.startswith("rule ") for gate in run.gates.values())
    if not by_rule:
        raise DemoError("no question was answered by a rule")
    report = stage.repository / run.run.report
    if not report.is_file():
        raise DemoError("there is no report")
    return (
        f"{len(starts)} attempts of agents under {run.epoch - 1} hosts, one after the other; none was started twice",
        f"merged in order: {', '.join(run.merged)}; main holds {commits} commits more",
        f"answered: {by_rule} questions by rule, {len(run.gates) - by_rule} by keys",
        f"deployed: {', '.join(f'{count} to {name}' for name, count in deployed.items())}",
        f"worktrees left: {trees}, the repository's own and the integration's",
    )


def lines(summary: Summary, zone: tzinfo) -> Iterator[str]:
    """The summary as text."""
    for number, (title, frame) in enumerate(summary.frames, start=1):
        yield f"── frame {number}: {title}"
        yield from frame.text.rstrip("\n").splitlines()
        yield ""
    yield "── decisions: asked → decided → delivered → acknowledged"
    for gate in summary.gates:
        yield from _gate_lines(gate, summary.waiting, zone)
    yield ""
    yield "── shown on the way"
    yield from (f"✓ {check}" for check in summary.checks)
    if summary.waiting:
        yield ""
        yield "── still open: no answer of the file fits, or it is production, which no file answers"
        yield from (f"⚠ {gate.track}: {sanitise_line(gate.question.question)}" for gate in summary.waiting)
    yield ""
    yield "── where it is"
    yield f"repository  {summary.stage.repository}"
    yield f"journal     {summary.stage.journal / 'journal.db'}"
    if summary.report is not None:
        yield f"report      {summary.report}"
    yield f"export      {summary.export}"
    yield from (f"frame {number}     {frame.picture}" for number, (_, frame) in enumerate(summary.frames, start=1))
    yield ""
    decided = sum(gate.decision is not None for gate in summary.gates)
    yield (
        f"{decided} decisions in {summary.seconds:.0f} s. The agents, their costs and the keys were scripted; the"
        " engine, the worktrees, the tests, the merges, the deploys, the cockpit and its terminal were real."
    )


def _gate_lines(gate: Gate, waiting: Sequence[Gate], zone: tzinfo) -> Iterator[str]:
    decision = gate.decision
    question = sanitise_line(gate.question.question, 90)
    stage = "" if gate.question.stage is None else f" · stage {gate.question.stage}"
    yield f"{gate.track}{stage} · {gate.risk.name.lower()} · r{gate.revision} · {question}"
    if decision is None:
        ended = gate.closed_why or ("it waits" if gate in waiting else "its question was changed")
        yield f"    asked {_time(gate.asked_at, zone)} · not decided: {ended}"
        return
    yield f"    {decision.by}: {sanitise_line(decision.label, 90)}" + (
        f" ({sanitise_line(decision.reason, 90)})" if decision.reason else ""
    )
    way = [f"asked {_time(gate.asked_at, zone)}", f"decided {_time(decision.at, zone)}"]
    way += [
        f"{step.step} {_time(step.at, zone)} by {step.route.replace('_', ' ')}"
        for step in gate.steps
        if step.step in ("delivered", "acknowledged", "failed")
    ]
    if gate.state is GateState.DELIVERED:
        way.append("written, not acknowledged: nobody is there to look")
    yield "    " + " → ".join(way)


def _time(at: Instant, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at.wall_ms / 1000, zone).strftime("%H:%M:%S.%f")[:-3]


def as_json(summary: Summary, gate_view: Callable[[Gate], Mapping[str, Any]]) -> dict[str, Any]:
    """The summary as one object for scripts."""
    return {
        "directory": str(summary.stage.directory),
        "repository": str(summary.stage.repository),
        "journal": str(summary.stage.journal / "journal.db"),
        "batch": summary.stage.batch,
        "report": None if summary.report is None else str(summary.report),
        "export": str(summary.export),
        "seconds": round(summary.seconds, 1),
        "frames": [{"title": title, "picture": str(frame.picture)} for title, frame in summary.frames],
        "checks": list(summary.checks),
        "decisions": [dict(gate_view(gate)) for gate in summary.gates if gate.decision is not None],
        "open": [dict(gate_view(gate)) for gate in summary.waiting],
    }
