"""Talking with an agent at work by its input and output: calls that wait, answers, messages, and what it has taken.

An answer is claimed before it is written and recorded as delivered after, so that no two ways bring it; that it was
taken is only what the agent's own output shows (DESIGN §4.2, acknowledgement). Call gates have the ids that hooks give
them: a call that both see is one gate with two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator_tui.core.agents import address, session_of
from orchestrator_tui.core.call_answers import Answer
from orchestrator_tui.core.delivery import STDIN, Reach, route_to_take
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.frozen import frozen
from orchestrator_tui.core.gate_refusals import has_left, last_step
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.model import TERMINAL_GATE_STATES, Batch, Gate, GateState, Message, Question, Track
from orchestrator_tui.core.naming import agent_source, call_gate_id, is_call_gate, part_gate_id
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.observe_askers import TRANSCRIPT, acknowledged
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.records import Attempt
from orchestrator_tui.core.run import Effect
from orchestrator_tui.core.schedule.owed import asked_by_agents, decided, told_by_prompt
from orchestrator_tui.core.schedule.rules import rules_of
from orchestrator_tui.core.schedule.watching import PAUSED
from orchestrator_tui.core.text import sanitise_line
from orchestrator_tui.core.words import brought_words, dismissed_words, messages_words
from orchestrator_tui.runtime.rules import load_rules
from orchestrator_tui.runtime.run_world import AttemptNews, RunWorld

SETTLE_MS = 2_000
"""How long a call may still stand in the output as waiting although a hook has answered it."""

WENT_ON = "its output: it was given this and went on"
TAKEN = "its output: the call went on by it"
WRITTEN = "written into its input"
ENDED = "its agent has ended"
ELSEWHERE = "its call went on without our answer"
PARTLY = "another question of its call is answered elsewhere"
PROMPT, PROMPTED = "prompt", "in the prompt of"
ENDED_WITH = "its agent was started with it and has ended"
NO_INPUT = "its agent takes nothing while it works: its next one is told"

_DISMISSED = (GateState.CANCELLED, GateState.EXPIRED)

Record = Callable[[tuple[Draft, ...]], Batch]


class Talk:
    """One attempt as the process that follows it talks with it.

    Attributes:
        news: how it stands by its output so far.
        over: its process has ended; ``finished``: by itself, whatever it says of its work.
        listens: its input is open.
        said: the messages that were written into its input.
        seen: since when a call is known to wait, by its request.
        asked: the requests whose gates were opened or joined; ``answered`` those that were answered.
    """

    def __init__(self) -> None:
        self.news = AttemptNews()
        self.over = self.finished = False
        self.listens = True
        self.said: set[str] = set()
        self.seen: dict[str, Instant] = {}
        self.asked: set[str] = set()
        self.answered: set[str] = set()


@frozen
class _Call:
    """A call that waits: its request, the ids of its gates with what each asks, and who asks."""

    ask: Mapping[str, Any]
    request: str
    gates: tuple[str, ...]
    questions: tuple[Question, ...]
    asker: str
    source: str


class Conversing:
    """Talks with the attempts of one run.

    Args:
        world: the run's jobs, and the runner that knows what an input takes.
        record: records drafts; the batch as it is then.
        reach: the ways to a gate's agent as they are now.
        claimant: the name of this process as one that brings answers.
    """

    def __init__(
        self, world: RunWorld, record: Record, reach: Callable[[Batch, Gate], Reach], claimant: Callable[[], str]
    ) -> None:
        self._world, self._record, self._reach, self._claimant = world, record, reach, claimant

    def turn(self, batch: Batch, effect: Effect, talk: Talk, now: Instant) -> Batch:
        """Everything that is due between the run and one attempt; the batch as it is then."""
        track, news = batch.tracks[effect.track], talk.news
        attempt = next((one for one in track.attempts if one.id == effect.id), None)
        if attempt is None:
            return batch
        batch = self._note(batch, self._prompted(batch, effect))
        batch = self._note(batch, self._said_at_start(batch, effect, talk))
        batch = self._note(batch, self._taken(batch, track.slug, talk, now))
        if talk.over:
            return self._note(batch, self._ended(batch, track.slug, attempt, news))
        batch = self._note(batch, self._asked(batch, track.slug, talk, now))
        if not talk.listens:
            return batch
        for call in _calls(news):
            batch = self._answer(batch, effect.id, talk, call, now)
        if news.heard:
            batch = self._bring(batch, effect.id, track.slug, now)
        return self._tell(batch, effect.id, track.slug, talk)

    def _prompted(self, batch: Batch, effect: Effect) -> tuple[Draft, ...]:
        """The answers that the prompt of an attempt brings, which was started for them."""
        named = {(gate, revision) for gate, revision in effect.arguments.get("gates", ())}
        gates = [batch.gates[gate] for gate, _ in named if gate in batch.gates]
        drafts: list[Draft] = []
        for gate in gates:
            unsaid = gate.state is GateState.DECIDED and gate.claim is None and not _was_prompted(gate, effect)
            if (gate.id, gate.revision) in named and unsaid:
                drafts.append(Draft("delivery_claimed", {**_key(gate), "route": STDIN, "claimant": self._claimant()}))
                evidence = f"{PROMPTED} {effect.id}"
                drafts.append(Draft("decision_delivered", {**_key(gate), "route": STDIN, "evidence": evidence}))
        return tuple(drafts)

    def _said_at_start(self, batch: Batch, effect: Effect, talk: Talk) -> tuple[Draft, ...]:
        """The messages that the prompt of an attempt has brought; one that came to its own end was told them.

        Who was killed, or could not start, may have read nothing: the next one is told again.
        """
        if self._world.runner.message(" "):
            return ()
        told, slug = told_by_prompt(batch, effect), effect.track
        talk.said.update(one.id for one in told)
        stopping = next((one.stopping for one in batch.tracks[slug].attempts if one.id == effect.id), "")
        route, evidence = PROMPT, f"{PROMPTED} {effect.id}"
        if talk.finished and not stopping:
            route, evidence = TRANSCRIPT, ENDED_WITH
        drafts = ({"track": slug, "message": one.id, "route": route} for one in told if route not in one.routes)
        return tuple(Draft("message_delivered", {**one, "evidence": evidence}) for one in drafts)

    def _ended(self, batch: Batch, slug: str, attempt: Attempt, news: AttemptNews) -> tuple[Draft, ...]:
        """An attempt has ended: which of its questions nobody asks any more, and which answers did not arrive.

        A call ends with its process; other questions wait for an agent that goes on, unless it was ended for good.
        """
        stopping = attempt.stopping
        drafts: list[Draft] = []
        for gate in asked_by_agents(batch, batch.tracks[slug]):
            if attempt.session and session_of(gate.asker) not in ("", attempt.session):
                continue
            if is_call_gate(gate.id) or (stopping and not stopping.startswith(PAUSED)):
                drafts += _withdrawn(gate, f"{ENDED}: {stopping}" if stopping else ENDED)
            elif gate.state is GateState.DELIVERED and _by_input(gate):
                # An agent whose output shows what it takes up would have shown it.
                drafts.append(_failed(gate, ENDED) if news.heard else acknowledged(gate, WENT_ON))
        return tuple(drafts)

    def _note(self, batch: Batch, drafts: tuple[Draft, ...]) -> Batch:
        return self._record(drafts) if drafts else batch

    # --- what it has taken -----------------------------------------------------------------------------------

    def _taken(self, batch: Batch, slug: str, talk: Talk, now: Instant) -> tuple[Draft, ...]:
        """The messages and answers that its output shows to have arrived."""
        news = talk.news
        track, arrived = batch.tracks[slug], frozenset(news.answered)
        drafts = [
            Draft(
                "message_delivered",
                {"track": slug, "message": one.id, "route": TRANSCRIPT, "evidence": WENT_ON},
            )
            for one in track.messages
            if one.read_at is None and one.id in arrived
        ]
        waiting = {gate for call in _calls(news) for gate in call.gates}
        for gate in asked_by_agents(batch, track):
            if gate.decision is not None and gate.decision.id in arrived and has_left(gate):
                drafts.append(acknowledged(gate, WENT_ON))
            elif is_call_gate(gate.id) and gate.id not in waiting and _has_waited(gate, talk, now):
                drafts += _call_ended(gate)
        return tuple(drafts)

    # --- calls that wait -------------------------------------------------------------------------------------

    def _asked(self, batch: Batch, slug: str, talk: Talk, now: Instant) -> tuple[Draft, ...]:
        """Open the gates of calls that wait, or join those that a hook has opened."""
        drafts: list[Draft] = []
        for call in _calls(talk.news):
            since = talk.seen.setdefault(call.request, now)
            for name, question in zip(call.gates, call.questions, strict=True):
                gate = batch.gates.get(name)
                if gate is not None and gate.state not in TERMINAL_GATE_STATES:
                    talk.asked.add(call.request)
                    drafts += _joined(gate)
                elif gate is None or self._is_asked_anew(gate, call, talk, since, now):
                    talk.asked.add(call.request)
                    drafts.append(_opened(batch, slug, call, name, question, gate))
        return tuple(drafts)

    def _is_asked_anew(self, gate: Gate, call: _Call, talk: Talk, since: Instant, now: Instant) -> bool:
        """Whether a call whose gate is over still waits: a hook may have answered it this very moment.

        What a person has dismissed is answered, not asked again.
        """
        dismissed = gate.state in _DISMISSED and call.request in talk.asked
        return not dismissed and call.request not in talk.answered and elapsed_ms(since, now) >= SETTLE_MS

    def _answer(self, batch: Batch, job: str, talk: Talk, call: _Call, now: Instant) -> Batch:
        """Answer a call whose questions are all decided, unless a hook that waits beside does."""
        gates = [batch.gates[name] for name in call.gates if name in batch.gates]
        if len(gates) < len(call.gates) or call.request in talk.answered:
            return batch
        if all(gate.state in _DISMISSED for gate in gates) and call.request in talk.asked:
            given = [Answer(text=dismissed_words([gate])) for gate in gates]
            if not self._say(job, self._world.runner.answers(call.ask, given)):
                talk.answered.add(call.request)
            return batch
        if not all(route_to_take(gate, self._reach(batch, gate), batch.limits, now) == STDIN for gate in gates):
            return batch
        batch, claimed = self._claim(batch, gates)
        if len(claimed) < len(gates):
            return self._note(batch, tuple(_failed(gate, PARTLY) for gate in claimed))
        talk.answered.add(call.request)
        said = self._world.runner.answers(call.ask, [gate.decision for gate in claimed if gate.decision is not None])
        return self._hand_over(job, claimed, said)

    # --- answers and messages --------------------------------------------------------------------------------

    def _bring(self, batch: Batch, job: str, slug: str, now: Instant) -> Batch:
        """Bring the answers that no process of the agent's own waits for."""
        track = batch.tracks[slug]
        questions = [gate for gate in asked_by_agents(batch, track) if not is_call_gate(gate.id)]
        batch = self._note(batch, tuple(draft for gate in questions for draft in _joined(gate)))
        ready = [
            gate
            for gate in decided(batch, batch.tracks[slug], now)
            if route_to_take(gate, self._reach(batch, gate), batch.limits, now) == STDIN
        ]
        if not ready:
            return batch
        batch, claimed = self._claim(batch, ready)
        if not claimed:
            return batch
        return self._hand_over(job, claimed, self._world.runner.message(brought_words(claimed)))

    def _tell(self, batch: Batch, job: str, slug: str, talk: Talk) -> Batch:
        """Say to the agent what is meant for it and was not said to this process of it."""
        track = batch.tracks[slug]
        unsaid = [one for one in track.messages if one.read_at is None and not _was_said(track, one, job, talk)]
        if not unsaid:
            return batch
        refused = self._say(job, self._world.runner.message(messages_words(unsaid)))
        told = {"track": slug, "route": STDIN}
        if refused:
            new = [one for one in unsaid if one.problem != refused]
            return self._note(
                batch, tuple(Draft("message_failed", {**told, "message": one.id, "why": refused}) for one in new)
            )
        talk.said.update(one.id for one in unsaid)
        told["evidence"] = WRITTEN
        return self._record(tuple(Draft("message_delivered", {**told, "message": one.id}) for one in unsaid))

    def _claim(self, batch: Batch, gates: Sequence[Gate]) -> tuple[Batch, list[Gate]]:
        """Claim the delivery of these answers; those that nobody else has claimed before."""
        own = self._claimant()
        claims = tuple(Draft("delivery_claimed", {**_key(gate), "route": STDIN, "claimant": own}) for gate in gates)
        batch = self._record(claims)
        now = [batch.gates[gate.id] for gate in gates]
        return batch, [gate for gate in now if gate.claim == own and gate.state is GateState.DECIDED]

    def _hand_over(self, job: str, claimed: Sequence[Gate], said: bytes) -> Batch:
        refused = self._say(job, said)
        if refused:
            return self._record(tuple(_failed(gate, refused) for gate in claimed))
        brought = {"route": STDIN, "evidence": WRITTEN}
        return self._record(tuple(Draft("decision_delivered", {**_key(gate), **brought}) for gate in claimed))

    def _say(self, job: str, data: bytes) -> str:
        """Write into the input of an attempt; "" or why it was not written."""
        if not data:
            return NO_INPUT
        try:
            self._world.jobs.say(job, data)
        except OSError as error:
            return sanitise_line(f"its input cannot be written: {error.strerror or error}", 300)
        return ""


def _calls(news: AttemptNews) -> list[_Call]:
    """The calls that wait now, and can be answered from outside."""
    found = []
    for ask in news.asks:
        tool, given, cwd = str(ask["tool_name"]), ask["tool_input"], str(ask.get("cwd") or "")
        asked = call_questions(tool, given, ask.get("permission_suggestions"), cwd)
        if asked is None:
            continue
        session, agent = str(ask.get("session_id") or news.session), str(ask.get("agent_id") or "")
        name = call_gate_id(session, agent, tool, given, cwd)
        gates = tuple(part_gate_id(name, place) for place in range(1, len(asked.questions) + 1))
        who, source = address(session, agent), agent_source(session, agent)
        found.append(_Call(ask, str(ask["request_id"]), gates, asked.questions, who, source))
    return found


def _opened(batch: Batch, slug: str, call: _Call, name: str, question: Question, before: Gate | None) -> Draft:
    return gate_opened(
        name,
        1 if before is None else before.revision + 1,
        slug,
        question,
        rules_of(batch, load_rules()),
        workflow=batch.tracks[slug].workflow,
        source=call.source,
        routes=(STDIN,),
        asker=call.asker,
    )


def _joined(gate: Gate) -> list[Draft]:
    if STDIN in gate.routes:
        return []
    return [Draft("gate_route_added", {"gate": gate.id, "revision": gate.revision, "route": STDIN})]


def _has_waited(gate: Gate, talk: Talk, now: Instant) -> bool:
    """Whether a call gate is one of this conversation whose call its output has shown to wait, or must have by now.

    A hook may be answered between two looks at the output: then the call was never seen to wait.
    """
    session = talk.news.session
    if not session or session_of(gate.asker) != session:
        return False
    if STDIN in gate.routes or gate.state is not GateState.DELIVERED:
        return STDIN in gate.routes
    return talk.over or elapsed_ms(gate.steps[-1].at, now) >= SETTLE_MS


def _call_ended(gate: Gate) -> list[Draft]:
    """What it means for a gate that its call waits no more."""
    last = last_step(gate)
    if gate.state is GateState.DELIVERED or (gate.claim is not None and last is not None and last.route == STDIN):
        return [acknowledged(gate, TAKEN)]
    if gate.claim is not None:
        return []
    return [Draft("gate_answered_elsewhere", {"gate": gate.id, "revision": gate.revision, "why": ELSEWHERE})]


def _withdrawn(gate: Gate, why: str) -> list[Draft]:
    """Nobody asks this any more; an answer that was not shown to be taken did not arrive."""
    drafts = []
    if gate.decision is not None and (gate.claim is not None or gate.state is GateState.DELIVERED):
        drafts.append(_failed(gate, why))
    return [*drafts, Draft("gate_withdrawn", {"gate": gate.id, "revision": gate.revision, "why": why})]


def _by_input(gate: Gate) -> bool:
    last = last_step(gate)
    return last is not None and last.route == STDIN


def _was_prompted(gate: Gate, effect: Effect) -> bool:
    return any(step.step == "delivered" and step.evidence == f"{PROMPTED} {effect.id}" for step in gate.steps)


def _was_said(track: Track, message: Message, job: str, talk: Talk) -> bool:
    """Whether a message was said to this very process: to one before it is not enough."""
    if message.id in talk.said:
        return True
    began = next((one.started_at for one in track.attempts if one.id == job), None)
    if STDIN not in message.routes or message.written_at is None or began is None:
        return False
    return message.written_at.wall_ms >= began.wall_ms


def _key(gate: Gate) -> dict[str, Any]:
    assert gate.decision is not None
    return {"gate": gate.id, "revision": gate.revision, "decision": gate.decision.id}


def _failed(gate: Gate, why: str) -> Draft:
    """The delivery by the last way has failed; the answer stands, and is brought again."""
    last = last_step(gate)
    route = STDIN if last is None else last.route
    return Draft("delivery_failed", {**_key(gate), "route": route, "why": why, "undelivered": False})
