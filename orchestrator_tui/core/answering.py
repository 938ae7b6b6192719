"""The confidence table at work: which rule, if any, answers a gate at its opening, and with what (seed 002, A-8)."""

from __future__ import annotations

import re
from functools import lru_cache

from orchestrator_tui.core.canonical import sha256_hex
from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.model import Batch, Gate
from orchestrator_tui.core.rules import NEVER_BY_RULE, AnswerRule, Rules

_BETWEEN = re.compile(r"[\W_]+")


def rule_for(batch: Batch, gate: Gate, rules: Rules) -> AnswerRule | None:
    """The rule that answers a gate, or None when it is a person's.

    The first row that applies decides, also when it leaves the gate to a person or has been used up: what a narrow
    row keeps back, no wider one behind it gives away.
    """
    if gate.risk in NEVER_BY_RULE:
        return None
    row = row_for(batch, gate, rules)
    if row is None or row.action != "answer" or not _answerable(gate, row):
        return None
    return None if row.uses and _used(batch, gate, row) >= row.uses else row


def row_for(batch: Batch, gate: Gate, rules: Rules) -> AnswerRule | None:
    """The first row of the confidence table that applies to a gate, whatever it says; None when none does."""
    return next((rule for rule in rules.answers if _applies(rule, gate, batch)), None)


def answer(gate: Gate, rule: AnswerRule) -> Draft:
    """The decision of a rule: what the asker recommends, else its instruction in words; the reason names the case."""
    label = next((one.words for one in gate.question.options if one.key == gate.recommendation), "")
    confidence = gate.question.confidence or "no"
    reason = f"{gate.risk.name.lower()} risk, {confidence} confidence"
    payload = {
        "gate": gate.id,
        "revision": gate.revision,
        "digest": gate.digest,
        "decision": _decision(gate, gate.revision, rule),
        "options": [gate.recommendation] if label else [],
        "label": label or rule.instruction[:200],
        "by": f"rule {rule.id}",
        "origin": f"policy:{rule.id}",
        "reason": "; ".join(part for part in (reason, rule.title) if part),
    }
    if rule.instruction:
        payload["reason"] = f"{payload['reason']}. {rule.instruction}"
    if not label:
        payload["text"] = rule.instruction
    return Draft("gate_decided", payload)


def _answerable(gate: Gate, rule: AnswerRule) -> bool:
    """Whether there is something to answer with: an option that its asker recommends, or words of the rule."""
    options = {one.key for one in gate.question.options}
    return gate.recommendation in options or bool(rule.instruction and gate.question.free_text)


def _applies(rule: AnswerRule, gate: Gate, batch: Batch) -> bool:
    question = gate.question
    track = batch.tracks.get(gate.track)
    workflow = track.workflow if track else ""
    return (
        gate.risk <= rule.max_risk
        and question.confidence in rule.confidence
        and question.kind in rule.kinds
        and (not rule.workflows or workflow in rule.workflows)
        and (not rule.stages or question.stage in rule.stages)
        and (not rule.words or any(_says(gate, words) for words in rule.words))
    )


def _says(gate: Gate, words: str) -> bool:
    question = gate.question
    texts = (question.question, question.context, *(one.label for one in question.options))
    return any(f" {_plain(words)} " in f" {_plain(text)} " for text in texts)


@lru_cache(maxsize=512)
def _plain(text: str) -> str:
    """A text in small letters with single blanks between its words: ``REQUIRES_REWORK`` is *requires rework*."""
    return _BETWEEN.sub(" ", text.lower()).strip()


def _used(batch: Batch, gate: Gate, rule: AnswerRule) -> int:
    """How often a rule has answered in the stage of a gate's track, taken back or not."""
    same = [
        one for one in batch.gates.values() if one.track == gate.track and one.question.stage == gate.question.stage
    ]
    return sum(identifier == _decision(one, revision, rule) for one in same for revision, identifier, _ in one.answers)


def _decision(gate: Gate, revision: int, rule: AnswerRule) -> str:
    return "d-" + sha256_hex(f"{gate.batch} {gate.id} {revision} {rule.id}")[:12]
