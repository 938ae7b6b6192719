"""The gate queue: order, risk words, countdown, and what a narrow row leaves out."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Gate, GateState, Risk, State
from orchestrator_tui.ui.present.glyphs import UNICODE
from orchestrator_tui.ui.present.queue import QueueView, present_queue, queue_columns, queue_heading, queue_line
from tests.ui.drawing import drawn, expected, tokens_of, widths
from tests.ui.states import BATCH, COUNSEL, DEPLOY, NOW, PERMISSION, ago, checkout, empty, gate, gate_key, with_gate

WIDE = """
|   RISK  TRACK          ASKS                                                                         STALE IN WAITED  |
|   PROD  pay-webhook    Deploy 9d1e0b4 to production?                                                           6:40⚠ |
|   fail  fix-auth-race  Reviewer B rejects the root cause: the lock is a symptom, the cache TTL is…      3:10   1:50  |
|   perm  profile-share  Allow Bash: pnpm db:migrate --dev                                                4:29   0:31  |
"""
STACKED = """
|   RISK  TRACK          ASKS                                          WAITED  |
|   PROD  pay-webhook    Deploy 9d1e0b4 to production?                   6:40⚠ |
|   fail  fix-auth-race  Reviewer B rejects the root cause: the lock …   1:50  |
|   perm  profile-share  Allow Bash: pnpm db:migrate --dev               0:31  |
"""
PANEL = """
|   RISK  TRACK          ASKS       WAITED  |
|   PROD  pay-webhook    deploy       6:40⚠ |
|   fail  fix-auth-race  counsel      1:50  |
|   perm  profile-share  allow Bash   0:31  |
"""
SMALL = """
|   RISK  TRACK         WAITED |
|   PROD  pay-webhook     6:40⚠|
|   fail  fix-auth-race   1:50 |
|   perm  profile-share   0:31 |
"""


def picture(view: QueueView, width: int) -> str:
    columns = queue_columns(view, width)
    lines = [queue_heading(view, width), *(queue_line(row, columns, width) for row in view.rows.values())]
    assert widths(lines) == {width}
    return drawn(lines)


@pytest.mark.parametrize(("width", "golden"), [(118, WIDE), (78, STACKED), (43, PANEL), (30, SMALL)])
def test_as_drawn(width: int, golden: str) -> None:
    assert picture(present_queue(checkout(), NOW, UNICODE), width) == expected(golden)


@pytest.mark.parametrize(
    ("risk", "kind", "word"),
    [
        (Risk.PRODUCTION, "task", "PROD"),
        (Risk.PRODUCTION, "permission", "PROD"),
        (Risk.DESTRUCTIVE, "task", "DESTR"),
        (Risk.FAILURE, "task", "fail"),
        (Risk.STAGING, "permission", "stage"),
        (Risk.CHECK, "task", "check"),
        (Risk.CHECK, "permission", "perm"),
        (Risk.UNKNOWN, "ask", "ask"),
        (Risk.LOW, "ask", "low"),
    ],
)
def test_every_risk_has_a_word(risk: Risk, kind: str, word: str) -> None:
    asked = gate("one", "Go on?", asked=ago(1), risk=risk, kind=kind)
    assert present_queue(with_gate(checkout(), asked), NOW, UNICODE).rows[gate_key(asked)].risk == word


def test_a_stale_gate_is_marked_and_no_longer_counted_down() -> None:
    row = present_queue(checkout(), NOW, UNICODE).rows[gate_key(DEPLOY)]
    assert (row.mark, row.countdown, row.waited_token) == ("⚠", "", "gate-stale strong")


@pytest.mark.parametrize(("waited", "countdown", "mark"), [(299, "0:01", ""), (300, "", "⚠")])
def test_the_countdown_ends_at_five_minutes(waited: int, countdown: str, mark: str) -> None:
    state = with_gate(checkout(), replace(COUNSEL, asked_at=ago(0, waited)))
    row = present_queue(state, NOW, UNICODE).rows[gate_key(COUNSEL)]
    assert (row.countdown, row.mark) == (countdown, mark)


def test_an_undelivered_answer_is_on_top() -> None:
    lost = replace(PERMISSION, state=GateState.DECIDED, undelivered=True)
    view = present_queue(with_gate(checkout(), lost), NOW, UNICODE)
    first = next(iter(view.rows.values()))
    assert (first.slug, first.ask, first.mark) == ("profile-share", "not delivered", "✗")
    assert first.question.startswith("not delivered: Allow Bash")


def test_an_answer_on_its_way_is_counted_in_the_corner() -> None:
    travelling = replace(PERMISSION, state=GateState.DELIVERED)
    view = present_queue(with_gate(checkout(), travelling), NOW, UNICODE)
    assert view.corner == "2 open, 1 on the way"


@pytest.mark.parametrize(
    ("kind", "question", "stage", "word"),
    [
        ("permission", "Allow Bash: rm -rf build", None, "allow Bash"),
        ("plan", "Approve the plan?", None, "plan"),
        ("redispatch", "Start again from stage 3?", None, "re-dispatch"),
        ("task", "Which one?", 3, "counsel"),
        ("task", "Which one?", None, "Which one?"),
        ("question", "Which colour?", 3, "Which colour?"),
    ],
)
def test_the_short_name_of_a_question(kind: str, question: str, stage: int | None, word: str) -> None:
    asked = gate("pay-webhook", question, asked=ago(1), kind=kind, stage=stage)
    assert present_queue(with_gate(checkout(), asked), NOW, UNICODE).rows[gate_key(asked)].ask == word


def test_search_and_emptiness() -> None:
    assert [row.slug for row in present_queue(checkout(), NOW, UNICODE, search="counsel cause").rows.values()] == []
    found = present_queue(checkout(), NOW, UNICODE, search="root CAUSE")
    assert [row.slug for row in found.rows.values()] == ["fix-auth-race"]
    assert found.corner == f"1 of {len(present_queue(checkout(), NOW, UNICODE).rows)} open"
    assert present_queue(checkout(), NOW, UNICODE, search="zzz").empty[0] == "No gate matches."
    assert present_queue(empty(), NOW, UNICODE).empty[0] == "No gate is open."
    assert present_queue(empty(), NOW, UNICODE).corner == "0 open"


def test_risk_is_told_in_its_colour() -> None:
    view = present_queue(checkout(), NOW, UNICODE)
    tokens = tokens_of(queue_line(view.rows[gate_key(DEPLOY)], queue_columns(view, 43), 43))
    assert tokens == {"PROD": "risk-production strong", "6:40": "gate-stale strong", "⚠": "gate-stale strong"}


def test_two_hundred_gates() -> None:
    gates: dict[str, Gate] = {
        f"g{place}": gate(f"track-{place}", "Go?", asked=ago(0, place), id=f"g{place}") for place in range(200)
    }
    batch = replace(checkout().batches[BATCH], gates=gates)
    view = present_queue(State({BATCH: batch}), NOW, UNICODE)
    assert len(view.rows) == 200
    assert next(iter(view.rows)).gate == "g199"
