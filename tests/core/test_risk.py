"""How risky a wrong answer is, and what the words of a question do to it (DESIGN §2.4)."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.danger import DANGERS, dangerous_words
from orchestrator_tui.core.model import Option, Question, Risk
from orchestrator_tui.core.risk import DECLARED, ENVIRONMENTS, KINDS, assess, danger_word, recommend
from orchestrator_tui.core.rules import NEVER_BY_RULE, StageRule

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "gate_questions.jsonl"
DEPLOY = StageRule(8, "Self-Healing Deploy", words={"production": Risk.PRODUCTION, "staging": Risk.STAGING})


def asked(text: str = "Go on?", **fields: Any) -> Question:
    return Question("task", text, **fields)


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]


def alarm(row: dict[str, Any]) -> str:
    return danger_word(asked(row["question"], options=tuple(Option(one, one) for one in row["options"])))


# --- the corpus --------------------------------------------------------------------------------------------


def test_the_corpus_is_as_large_and_varied_as_it_has_to_be() -> None:
    labels = Counter(row["label"] for row in rows())
    assert set(labels) == {"benign", "dangerous"}
    assert labels["benign"] >= 200
    assert labels["dangerous"] >= 50
    assert len({row["domain"] for row in rows()}) >= 15
    assert len({row["question"] for row in rows()}) == len(rows())


def test_false_alarms_stay_below_five_percent() -> None:
    benign = [row for row in rows() if row["label"] == "benign"]
    found = {row["question"]: alarm(row) for row in benign if alarm(row)}
    assert len(found) <= 0.05 * len(benign), found


def test_misses_stay_below_ten_percent() -> None:
    dangerous = [row for row in rows() if row["label"] == "dangerous"]
    found = [row["question"] for row in dangerous if not alarm(row)]
    assert len(found) <= 0.10 * len(dangerous), found


@pytest.mark.parametrize("kind", DANGERS)
def test_every_kind_of_danger_is_met_in_the_corpus(kind: str) -> None:
    """A row that nothing is measured against would only be there for show."""
    expression = re.compile(DANGERS[kind], re.VERBOSE | re.IGNORECASE)
    texts = [text for row in rows() if row["label"] == "dangerous" for text in (row["question"], *row["options"])]
    assert sum(expression.search(text) is not None for text in texts) >= 2


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Deploy to production?", "production"),
        ("Deploy   to\nPROD?", "PROD"),
        ("Release it now?", "Release it"),
        ("Migrate the users table?", "Migrate"),
        ("Shall I force-push?", "force-push"),
        ("DROP TABLE users;", "DROP TABLE"),
        ("Allow Bash: rm -rf /", "rm -rf"),
        ('Allow Bash: psql -c "DROP TABLE users"', "DROP TABLE"),
        ("It is irreversible.", "irreversible"),
        ("Is this production-ready?", ""),
        ("Write the release notes?", ""),
        ("Update the migration guide?", ""),
        ('Rename "production" to "live"?', ""),
        ("Go on?", ""),
        ("", ""),
    ],
)
def test_the_first_dangerous_words_are_named(text: str, words: str) -> None:
    assert dangerous_words(text) == words


def test_a_dangerous_option_counts_as_a_dangerous_question() -> None:
    options = (Option("1", "keep it on staging"), Option("2", "deploy to production"))
    assert assess(asked("What next?", options=options, declared_risk="low"), None) == (
        Risk.CHECK,
        "the question says 'production'",
    )


@given(st.text(st.characters(), max_size=400))
def test_any_text_can_be_asked(text: str) -> None:
    assert isinstance(dangerous_words(text), str)


# --- the highest of everything -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "stage", "risk", "why"),
    [
        (asked(), None, Risk.UNKNOWN, "its agent declares no risk"),
        (asked(), StageRule(1, "Scope"), Risk.UNKNOWN, "its agent declares no risk"),
        (asked(declared_risk="low"), StageRule(1, "Scope"), Risk.LOW, "stage 1 Scope"),
        (asked(declared_risk="low"), StageRule(1, "Scope", risk=Risk.FAILURE), Risk.FAILURE, "stage 1 Scope"),
        (asked(declared_risk="low"), None, Risk.UNKNOWN, "only its agent's word is known of it"),
        (asked(environment="dev"), StageRule(1, "Scope"), Risk.LOW, "stage 1 Scope"),
        (asked(environment="dev"), None, Risk.UNKNOWN, "only its agent's word is known of it"),
        (asked(environment="staging", declared_risk="low"), None, Risk.STAGING, "environment staging"),
        (
            asked(environment="dev", declared_risk="production"),
            None,
            Risk.PRODUCTION,
            'it reaches production, says its agent ("production")',
        ),
        (asked("Deploy to production?"), None, Risk.CHECK, "the question says 'production'"),
        (asked("Deploy to production?"), DEPLOY, Risk.PRODUCTION, "'production' in stage 8 Self-Healing Deploy"),
        (
            asked("Deploy to staging?", declared_risk="low"),
            DEPLOY,
            Risk.STAGING,
            "'staging' in stage 8 Self-Healing Deploy",
        ),
        (asked("Reproduction of the bug?", declared_risk="low"), DEPLOY, Risk.LOW, "stage 8 Self-Healing Deploy"),
        (Question("permission", "Allow Bash: ls", declared_risk="low"), None, Risk.UNKNOWN, "a permission gate"),
        (Question("deploy_production", "?", declared_risk="low"), None, Risk.PRODUCTION, "a deploy production gate"),
    ],
)
def test_risk_is_the_highest_of_what_is_known(
    question: Question, stage: StageRule | None, risk: Risk, why: str
) -> None:
    assert assess(question, stage) == (risk, why)


@pytest.mark.parametrize(
    ("environment", "risk"),
    [
        ("prod", Risk.PRODUCTION),
        ("prod-eu", Risk.PRODUCTION),
        ("production (frankfurt)", Risk.PRODUCTION),
        ("live_2", Risk.PRODUCTION),
        ("pre-prod", Risk.STAGING),
        ("preproduction", Risk.STAGING),
        ("non-production", Risk.STAGING),
        ("staging-3", Risk.STAGING),
        ("dev", Risk.LOW),
        ("dev-3", Risk.UNKNOWN),
        ("the moon", Risk.UNKNOWN),
        ("reproduction", Risk.UNKNOWN),
    ],
)
def test_environments_as_agents_write_them(environment: str, risk: Risk) -> None:
    assert assess(asked(environment=environment), StageRule(1, "Scope"))[0] is risk


@pytest.mark.parametrize(
    ("declared", "risk"),
    [
        *DECLARED.items(),
        ("very high", Risk.CHECK),
        ("high (touches production)", Risk.PRODUCTION),
        ("low, but production data", Risk.PRODUCTION),
        ("not low", Risk.UNKNOWN),
        ("low?", Risk.UNKNOWN),
        ("harmless", Risk.UNKNOWN),
    ],
)
def test_risks_as_agents_declare_them(declared: str, risk: Risk) -> None:
    assert assess(asked(declared_risk=declared), StageRule(1, "Scope"))[0] is risk


PARTS = st.builds(
    Question,
    st.sampled_from(["task", *KINDS]),
    st.sampled_from(["Go on?", "Deploy to production?", "Deploy to staging?"]),
    environment=st.sampled_from(["", *ENVIRONMENTS]),
)


@given(PARTS, st.sampled_from(["low", "medium", "check", "staging", "failure", "critical", "prod", "odd"]))
def test_what_an_agent_declares_only_raises(question: Question, declared: str) -> None:
    """Beside "low", which only takes back that nothing was said, no word of an agent makes a gate less risky."""
    for stage in (None, StageRule(1, "Scope"), DEPLOY):
        silent = assess(question, stage)[0]
        said = Question(question.kind, question.question, environment=question.environment, declared_risk=declared)
        assert assess(said, stage)[0] >= (silent if silent is not Risk.UNKNOWN else Risk.LOW)


@given(PARTS)
def test_words_alone_never_make_production(question: Question) -> None:
    if not question.environment and question.kind == "task":
        assert assess(question, None)[0] <= Risk.CHECK


# --- recommending ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", Risk)
def test_production_shows_no_recommendation_and_everything_else_its_agents(risk: Risk) -> None:
    """A-12: the absence is deliberate and says so."""
    advised = asked(recommendation="a", confidence="low")
    if risk is Risk.PRODUCTION:
        assert recommend(advised, risk) == (None, "production is yours")
        assert recommend(asked(), risk) == (None, "production is yours")
    else:
        assert recommend(advised, risk) == ("a", "its agent recommends it (low confidence)")
        assert recommend(asked(recommendation="a"), risk) == ("a", "its agent recommends it")
        assert recommend(asked(), risk) == (None, "its agent recommends nothing")


def test_the_order_of_risks_is_the_order_of_the_queue() -> None:
    assert sorted(Risk)[-4:] == [Risk.STAGING, Risk.FAILURE, Risk.DESTRUCTIVE, Risk.PRODUCTION]
    assert set(sorted(Risk)[-4:]) == NEVER_BY_RULE


@pytest.mark.parametrize(
    ("declared", "asker", "why"),
    [
        ("check", "orch-tui", "worth a second look, says orch-tui"),
        ("failure", "orch-tui", "something has failed, says orch-tui"),
        ("high", "its agent", 'worth a second look, says its agent ("high")'),
        ("", "orch-tui", "orch-tui declares no risk"),
    ],
)
def test_what_was_declared_is_told_in_words_that_need_no_table(declared: str, asker: str, why: str) -> None:
    assert assess(asked(declared_risk=declared), StageRule(1, "Scope"), asker)[1] == why
