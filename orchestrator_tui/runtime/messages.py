"""Messages to agents: told at once, by mail or in a task; each try's outcome comes back as an event (DESIGN §4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_tui.core.agents import GONE, Agent
from orchestrator_tui.core.delivery import TASK_FILE
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.message_routes import MAIL, NUDGE, message_ways, no_way
from orchestrator_tui.core.model import Batch, Message, Track
from orchestrator_tui.core.naming import is_task_source
from orchestrator_tui.core.tracks_shown import agent_behind
from orchestrator_tui.core.words import messages_words
from orchestrator_tui.journal.port import Lease
from orchestrator_tui.runtime.recorder import Recorder
from orchestrator_tui.runtime.world import World

WRITTEN = "written into its task"
"""Evidence of a message that stands where its agent may look."""

POSTED = "it gets it with its next tool call"
"""Evidence of a message that the mail check of its agent will find."""

TRY_AGAIN_MS = 10_000
"""How soon a message that could not be told or written is tried again."""

_Told = tuple[str, str]


@frozen
class _Saying:
    """Messages that are being said to an idle agent right now, by their ids and in one text."""

    agent: Agent
    messages: frozenset[str]
    text: str


class Messages:
    """Brings messages to where their agents find them."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._world, self._recorder = world, recorder
        self._tried: dict[tuple[str, str, str], Instant] = {}
        self._saying: dict[tuple[str, str], _Saying] = {}

    def send(self, lease: Lease, batch: Batch, track: Track, *, kept: bool = True) -> bool:
        """Take the next way of each unread message of a track; whether anything was recorded.

        What is in vain is recorded once, with its reason, and tried again. A process that ends before a message can
        have been read (``kept`` is false) takes all ways at once. A nudge that was given and not recorded, since its
        process died, is given again: the message says its id each time.
        """
        unread = [message for message in track.messages if message.read_at is None]
        if not unread:
            return False
        now, agent = self._world.clock.now(), agent_behind(batch, track)
        ways = {message.id: self._ways(batch, track, agent, message, now, kept) for message in unread}
        said, told = self._nudge(batch, track, agent, [one for one in unread if NUDGE in (ways[one.id] or ())])
        drafts: list[Draft] = []
        for message in unread:
            open_ways = ways[message.id]
            if message.id in said:
                # It may have begun to work by what it was told: how that ended is recorded all the same.
                open_ways = (NUDGE, *(way for way in open_ways or () if way != NUDGE))
            if open_ways is not None and (told is not None or NUDGE not in open_ways):
                drafts += self._bring(batch, track, agent, message, open_ways, told or "", kept)
        if drafts:
            self._recorder.record(lease, drafts, now)
        return bool(drafts)

    def _ways(
        self, batch: Batch, track: Track, agent: Agent | None, message: Message, now: Instant, kept: bool
    ) -> tuple[str, ...] | None:
        """The ways to try now; () when an unwritten message has none, None when there is nothing to do."""
        has_task, limits = is_task_source(track.source), batch.limits
        ways = message_ways(message, agent, has_task=has_task, limits=limits, now=now, kept=kept)
        tried = self._tried.get((batch.id, track.slug, message.id))
        if tried is not None and elapsed_ms(tried, now) < limits.nudge_ms:
            if message.written_at is None and elapsed_ms(tried, now) < TRY_AGAIN_MS:
                return None
            ways = tuple(way for way in ways if way != NUDGE and way not in message.routes)
        return None if message.written_at is not None and not ways else ways

    def _nudge(
        self, batch: Batch, track: Track, agent: Agent | None, messages: Sequence[Message]
    ) -> tuple[frozenset[str], _Told | str | None]:
        """Say all of these to an idle agent at once: which messages that were, and what became of it.

        That is route and evidence, or why it cannot be done now; None while it is under way.
        """
        saying = self._saying.pop((batch.id, track.slug), None)
        if saying is None:
            if agent is None or not messages:
                return frozenset(), ""
            saying = _Saying(agent, frozenset(message.id for message in messages), messages_words(messages))
        try:
            return saying.messages, self._world.nudges.nudge(saying.agent, saying.text)
        except BlockingIOError:
            self._saying[batch.id, track.slug] = saying
            return saying.messages, None
        except OSError as error:
            return saying.messages, error.strerror or str(error)

    def _bring(
        self,
        batch: Batch,
        track: Track,
        agent: Agent | None,
        message: Message,
        ways: tuple[str, ...],
        told: _Told | str,
        kept: bool,
    ) -> list[Draft]:
        key = {"track": track.slug, "message": message.id}
        # That an agent could not be told as well says nothing of a message that stands where it looks.
        route, why = "none", _no_way(track, agent) if message.written_at is None else message.problem
        done: list[Draft] = []
        for way in ways:
            outcome = told if way == NUDGE else self._write(batch, track, agent, message, way)
            if isinstance(outcome, str) or way in message.routes:
                self._tried[batch.id, track.slug, message.id] = self._world.clock.now()
            if not isinstance(outcome, str):
                if way not in message.routes:
                    done.append(Draft("message_delivered", {**key, "route": outcome[0], "evidence": outcome[1]}))
                if kept:
                    return done
            elif way != NUDGE or message.written_at is None:
                route, why = way, outcome
        if done or message.problem == why:
            return done
        return [Draft("message_failed", {**key, "route": route, "why": why})]

    def _write(self, batch: Batch, track: Track, agent: Agent | None, message: Message, way: str) -> _Told | str:
        """Take one way: route and evidence, or why it was in vain."""
        if way == MAIL and agent is not None:
            try:
                self._world.mail.post(agent.session)
            except OSError as error:
                return f"mail cannot be posted: {error.strerror or error}"
            return MAIL, POSTED
        content = {"id": message.id, "text": message.text, "by": message.by, "at": message.at.wall_ms}
        return self._world.files.write_message(batch.source, track.source, content) or (TASK_FILE, WRITTEN)


def _no_way(track: Track, agent: Agent | None) -> str:
    """Why a message cannot go anywhere now; in a run the next agent of its track is told."""
    if track.work is not None and (agent is None or agent.status == GONE):
        return "no agent of it is at work: its next one is told"
    return no_way(agent)
