"""Nudges off the engine's thread: a pane takes its time to show what was pasted, and no decision waits for that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator_tui.core.agents import Agent
from orchestrator_tui.runtime.world import Nudges

KEPT_S = 10.0
"""How long an outcome is kept for who began the nudge: who has not come for it by then will not."""

_Key = tuple[str, str, str]


@dataclass(slots=True)
class _UnderWay:
    """One nudge in a thread: how it ended, and when; ``ended_s`` is None until then."""

    given: tuple[str, str] = ("", "")
    error: Exception | None = None
    ended_s: float | None = None


class BackgroundNudges:
    """Nudges that never keep their caller waiting; implements :class:`~orchestrator_tui.runtime.world.Nudges`.

    The first call begins the nudge and raises :class:`BlockingIOError`; the same call made again gives the outcome
    once it is there. Only one nudge is carried out at a time.
    """

    def __init__(self, nudges: Nudges, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._nudges, self._monotonic = nudges, monotonic
        self._one_at_a_time, self._guard = threading.Lock(), threading.Lock()
        self._under_way: dict[_Key, _UnderWay] = {}

    def nudge(self, agent: Agent, text: str) -> tuple[str, str]:
        """Begin to say ``text``, or tell what became of it.

        Raises:
            BlockingIOError: it is under way; call again.
            OSError: it cannot be done now, and why.
        """
        key = (agent.session, agent.id, text)
        with self._guard:
            self._forget_old()
            one = self._under_way.get(key)
            if one is None:
                one = self._under_way[key] = _UnderWay()
                threading.Thread(target=self._carry_out, args=(one, agent, text), name="nudge", daemon=True).start()
            if one.ended_s is None:
                raise BlockingIOError("it is being told")
            del self._under_way[key]
        if one.error is not None:
            raise one.error
        return one.given

    def _forget_old(self) -> None:
        now_s = self._monotonic()
        for key, one in list(self._under_way.items()):
            if one.ended_s is not None and now_s - one.ended_s > KEPT_S:
                del self._under_way[key]

    def _carry_out(self, one: _UnderWay, agent: Agent, text: str) -> None:
        try:
            with self._one_at_a_time:
                one.given = self._nudges.nudge(agent, text)
        except Exception as error:  # Raised again in the thread that asked.
            one.error = error
        with self._guard:
            one.ended_s = self._monotonic()
