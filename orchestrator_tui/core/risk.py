"""How risky a wrong answer is: the highest of what workflow, kind, stage, environment and agent say (DESIGN §2.4).

An agent's word only raises. Dangerous words in a question raise it to *check* (Enter twice), never to production.
What nothing is known about is *unknown* and goes to a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator_tui.core.bounds import left_out
from orchestrator_tui.core.danger import dangerous_words
from orchestrator_tui.core.model import Question, Risk
from orchestrator_tui.core.normalise_calls import command_of
from orchestrator_tui.core.rules import StageRule

DECLARED: dict[str, Risk] = {
    "low": Risk.LOW,
    "medium": Risk.UNKNOWN,
    "unknown": Risk.UNKNOWN,
    "check": Risk.CHECK,
    "high": Risk.CHECK,
    "staging": Risk.STAGING,
    "failure": Risk.FAILURE,
    "critical": Risk.DESTRUCTIVE,
    "destructive": Risk.DESTRUCTIVE,
    "prod": Risk.PRODUCTION,
    "production": Risk.PRODUCTION,
}
"""What an agent may declare in ``risk``; a word that is not here is unknown."""

ENVIRONMENTS: dict[str, Risk] = {
    "dev": Risk.LOW,
    "development": Risk.LOW,
    "local": Risk.LOW,
    "test": Risk.LOW,
    "staging": Risk.STAGING,
    "prod": Risk.PRODUCTION,
    "production": Risk.PRODUCTION,
    "live": Risk.PRODUCTION,
}

KINDS: dict[str, Risk] = {
    "deploy_production": Risk.PRODUCTION,
    "publish": Risk.DESTRUCTIVE,
    "deploy_staging": Risk.STAGING,
    "redispatch": Risk.FAILURE,
    "deploy_failure": Risk.FAILURE,
    "tampered": Risk.DESTRUCTIVE,
    "permission": Risk.UNKNOWN,
    "question": Risk.UNKNOWN,
    "plan": Risk.UNKNOWN,
}

MEANINGS: dict[Risk, str] = {
    Risk.LOW: "little depends on it",
    Risk.UNKNOWN: "nobody can say what depends on it",
    Risk.CHECK: "worth a second look",
    Risk.STAGING: "it reaches staging",
    Risk.FAILURE: "something has failed",
    Risk.DESTRUCTIVE: "hard to take back",
    Risk.PRODUCTION: "it reaches production",
}
"""What a declared risk says, for whoever reads it on a gate."""

ITS_AGENT = "its agent"
"""Who asks, where it is not us: its own word for the risk is told too."""

_WORDS = re.compile(r"[a-z]+")


def assess(question: Question, stage: StageRule | None, asker: str = ITS_AGENT) -> tuple[Risk, str]:
    """The risk of a gate that ``asker`` asks, and in a few words what made it so."""
    found: list[tuple[Risk, str]] = []
    if stage is not None:
        found.append((stage.risk, f"stage {stage.index} {stage.name}"))
        found.extend(_stage_words(question, stage))
    if question.kind in KINDS:
        found.append((KINDS[question.kind], f"a {question.kind.replace('_', ' ')} gate"))
    if question.environment:
        found.append((_environment(question.environment), f"environment {question.environment}"))
    if question.declared_risk:
        found.append(_declared(question.declared_risk, asker))
    if not question.declared_risk and not question.environment:
        found.append((Risk.UNKNOWN, f"{asker} declares no risk"))
    elif stage is None and question.kind not in KINDS:
        found.append((Risk.UNKNOWN, "only its agent's word is known of it"))
    word = danger_word(question)
    if word:
        found.append((Risk.CHECK, f"the question says {word!r}"))
    if left_out(question.subject):
        found.append((Risk.CHECK, "it is too long to be shown whole"))
    return max(found, key=lambda one: one[0])


def _declared(word: str, asker: str) -> tuple[Risk, str]:
    risk = _highest(word, DECLARED)
    return risk, f"{MEANINGS[risk]}, says {asker}" + (f' ("{word}")' if asker == ITS_AGENT else "")


def danger_word(question: Question) -> str:
    """The first dangerous words in what is asked or offered, the whole of a command included, or ""."""
    command = command_of(question)
    texts = [question.question, *(option.label for option in question.options)]
    if command:
        texts.append(f"Allow Bash: {command}")
    return next((words for text in texts if (words := dangerous_words(text))), "")


def _environment(name: str) -> Risk:
    # What only leads up to production is no production: pre-prod, non-production.
    if re.search(r"\b(?:pre|non|not)[-_ ]?prod", name):
        return Risk.STAGING
    return _highest(name, ENVIRONMENTS)


def _highest(said: str, known: Mapping[str, Risk]) -> Risk:
    """The highest risk that any word speaks of: agents write ``prod-eu``, or ``high (touches production)``.

    Low is only what says so and nothing else: ``not low`` is unknown.
    """
    least = Risk.LOW if said in known else Risk.UNKNOWN
    return max((known[word] for word in _WORDS.findall(said) if known.get(word, least) > least), default=least)


def _stage_words(question: Question, stage: StageRule) -> list[tuple[Risk, str]]:
    text = " ".join([question.question, *(option.label for option in question.options)]).lower()
    return [
        (risk, f"{word!r} in stage {stage.index} {stage.name}")
        for word, risk in stage.words.items()
        if re.search(rf"\b{re.escape(word)}\b", text)
    ]


def recommend(question: Question, risk: Risk, asker: str = ITS_AGENT) -> tuple[str | None, str]:
    """The option to recommend and why, or None and why there deliberately is none (seed 002, reliability A-12)."""
    if risk is Risk.PRODUCTION:
        return None, "production is yours"
    if question.recommendation is None:
        return None, f"{asker} recommends nothing"
    confidence = f" ({question.confidence} confidence)" if question.confidence else ""
    return question.recommendation, f"{asker} recommends it{confidence}"
