"""Commands of a run under shims: checks, setup, deploys and health checks, and what is recorded of each."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import Batch
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule import deploying, effects, failing
from orchestrator_tui.core.schedule.rules import run_of, work_of
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.runtime.run_world import EXITED, JobOrder, JobSeen, RunWorld

KINDS = frozenset({effects.CHECK, effects.SETUP, effects.DEPLOY, effects.HEALTH})
"""The kinds of effects that are done here."""

_TAIL = 4096


class Commands:
    """The commands of one run that are under way."""

    def __init__(self, world: RunWorld) -> None:
        self._world = world
        self._started: set[str] = set()

    def start(self, batch: Batch, effect: Effect) -> None:
        """Start the command, or adopt the one that was started.

        Raises:
            OSError: it cannot be started.
        """
        track = batch.tracks[effect.track]
        run = run_of(batch)
        deploys = effect.kind in (effects.DEPLOY, effects.HEALTH)
        where = str(effect.arguments.get("at") or (run.integration_path if deploys else track.worktree))
        more = {
            "ORCH_TRACK": track.slug,
            "ORCH_BATCH": batch.id,
            "ORCH_REPOSITORY": run.plan.repository,
            "ORCH_BRANCH": track.branch,
            "ORCH_SHA": work_of(track).merged_sha or work_of(track).head_sha,
            "ORCH_ENVIRONMENT": str(effect.arguments.get("environment", "")),
        }
        order = JobOrder(
            argv=("sh", "-c", str(effect.arguments["command"])),
            cwd=where,
            environment={**self._world.environment, **{key: value for key, value in more.items() if value}},
            wall_ms=int(effect.arguments.get("wall_ms", 0)),
            secrets=self._world.secrets,
        )
        self._world.jobs.start(effect.id, order)
        self._started.add(effect.id)

    def is_started(self, identifier: str) -> bool:
        """Whether this process has started or adopted it."""
        return identifier in self._started

    def keep(self, effects: Container[str]) -> None:
        """Follow no others than the commands of these effects any more."""
        self._started.difference_update([one for one in tuple(self._started) if one not in effects])

    def started(self) -> tuple[str, ...]:
        """The commands that this process follows."""
        return tuple(self._started)

    def look(self, batch: Batch, effect: Effect, now: Instant) -> tuple[Draft, ...]:
        """The events of a command's end, with that of its effect; () while it runs."""
        seen = self._world.jobs.look(effect.id)
        if seen.status not in ("ended", "lost"):
            return ()
        if seen.status == "lost" and effect.kind in effects.UNPROBEABLE:
            return failing.unknown(batch, effect, "its process is gone and left no result")
        self._started.discard(effect.id)
        outcome = "lost" if seen.status == "lost" else "done" if seen.exit_code == 0 else "failed"
        ended = Draft("effect_ended", {"effect": effect.id, "outcome": outcome})
        if seen.status == "lost":
            # A check may be run again as often as one likes: it is begun anew under another name.
            return (ended,)
        return (*self._told(batch, effect, seen, now), ended)

    def _told(self, batch: Batch, effect: Effect, seen: JobSeen, now: Instant) -> tuple[Draft, ...]:
        arguments: Mapping[str, object] = effect.arguments
        track = batch.tracks[effect.track]
        fine = seen.exit_code == 0
        place = str(arguments.get("environment", ""))
        name = {effects.DEPLOY: f"deploy {place}", effects.HEALTH: f"health {place}"}.get(
            effect.kind, str(arguments.get("name", ""))
        )
        check = {
            "track": track.slug,
            "name": name,
            "result": "pass" if fine else "fail",
            "detail": "" if fine else self._why(effect.id, seen),
            "command": sanitise_line(str(arguments["command"]), 300),
            "duration_ms": elapsed_ms(effect.at, now),
            "run": str(arguments.get("run", effect.id)),
            "sha": work_of(track).head_sha,
        }
        drafts = [Draft("check_recorded", check)]
        if effect.kind in (effects.DEPLOY, effects.HEALTH):
            good = deploying.DEPLOYED if effect.kind == effects.DEPLOY else deploying.HEALTHY
            result = good if fine else deploying.FAILED
            told = {"track": track.slug, "environment": place, "result": result, "detail": check["detail"]}
            drafts.append(Draft("deploy_recorded", told))
        return tuple(drafts)

    def _why(self, identifier: str, seen: JobSeen) -> str:
        """How a command failed: its last words, on the error stream or else on the other one, and its exit."""
        exit_words = f"exit code {seen.exit_code}" if seen.reason in ("", EXITED) else seen.reason
        for stream in ("error", "output"):
            lines = self._world.jobs.tail(identifier, stream, _TAIL).decode("utf-8", "replace").strip().splitlines()
            if lines:
                return f"{sanitise_line(lines[-1], 300)} ({exit_words})"
        return exit_words


def command_environment(source: Mapping[str, str]) -> dict[str, str]:
    """The environment of checks and deploys: what the person's own shell would have, without our own state."""
    return {key: value for key, value in source.items() if not key.startswith(("ORCH_", "GIT_"))} or {
        "PATH": os.defpath
    }
