"""One normalisation of questions for every source: keys, roles, digests, bounds (DESIGN §4.3)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.bounds import QUESTION_BYTES, SUBJECT_BYTES, bounded, left_out, within
from orchestrator_tui.core.canonical import canonical_json, is_json, json_text, sha256_hex
from orchestrator_tui.core.model import Option, Question
from orchestrator_tui.core.normalise import (
    MAX_OPTIONS,
    asks,
    digest,
    is_gate_of_task,
    options,
    pick,
    role_of,
    task_gate_id,
    task_question,
)
from orchestrator_tui.core.normalise_calls import permission_question
from orchestrator_tui.core.observe_gates import gate_opened
from orchestrator_tui.core.rules import Rules

ANY_TEXT = st.text(st.characters(), max_size=40)
LONG_TEXT = st.builds(
    lambda part, times: part * times, st.text(st.characters(), min_size=1, max_size=5), st.integers(0, 30_000)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
PAYLOAD_BYTES = 64 * 1024


def keys(raw: Any) -> list[str]:
    return [one.key for one in options(raw)]


# --- options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (["ship", "fix-first"], ["ship", "fix-first"]),
        (["redo the analysis", "keep the plan"], ["1", "2"]),
        (["a: redo the analysis", "b = keep it", "c:no blank"], ["a", "b", "3"]),
        (["ship", "ship", "2"], ["ship", "2", "3"]),
        (["2", "two words"], ["2", "2'"]),
        (["x" * 32, "x" * 33], ["x" * 32, "2"]),
        ([{"key": "go", "label": "Go on"}, {"label": "Stop here"}, {"key": "only"}], ["go", "2", "only"]),
        ([1, 2.5, True, None], ["1", "2.5", "true", "null"]),
        (["", " ", "\x1b[2J"], ["1", "2", "3"]),
        ([{"name": "odd"}, ["a", "b"]], ["1", "2"]),
        ("ship or fix", []),
        ({"a": "ship"}, []),
        (None, []),
    ],
)
def test_options_get_keys_that_differ(raw: Any, expected: list[str]) -> None:
    assert keys(raw) == expected


def test_labels_go_back_to_the_agent_as_it_wrote_them() -> None:
    (option,) = options(["a: ship \x1b[31mnow\u202e"])
    assert option.label == "a: ship \x1b[31mnow\u202e"


def test_an_option_without_words_shows_what_it_holds() -> None:
    assert options([{"name": "odd"}, ["a"]])[0].label == '{"name":"odd"}'


@given(st.lists(JSON | ANY_TEXT, max_size=30))
def test_keys_always_differ_and_are_never_empty(raw: list[Any]) -> None:
    found = options(raw)
    assert len({one.key for one in found}) == len(found) == min(len(raw), MAX_OPTIONS)
    assert all(one.key and len(one.label) <= 500 for one in found)


def test_options_beyond_the_twentieth_are_told_and_count() -> None:
    labels = [f"option {number}" for number in range(25)]
    question = task_question({"needsDecision": True, "decisionContext": "Which?", "decisionOptions": labels}, 1)
    other = task_question(
        {"needsDecision": True, "decisionContext": "Which?", "decisionOptions": [*labels[:-1], "x"]}, 1
    )
    assert question is not None
    assert other is not None
    assert len(question.options) == MAX_OPTIONS
    assert "[+5 options beyond the first 20" in question.question
    assert digest(question) != digest(other)


# --- roles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "label", "role"),
    [
        ("approve", "approve", "approve"),
        ("1", "Yes, ship it", "approve"),
        ("1", "Continue with option B", "approve"),
        ("go", "go", "approve"),
        ("1", "Go ahead", "approve"),
        ("1", "Go on, then.", "approve"),
        ("1", "Go back to the plan", ""),
        ("go-back", "Go back", ""),
        ("no", "no", "reject"),
        ("1", "Reject and rework", "reject"),
        ("1", "Not now", ""),
        ("1", "Skip the counsel", "skip"),
        ("1", "Cancel the track", "cancel"),
        ("1", "Deploy now", "deploy"),
        ("1", "Publish v2", "publish"),
        ("1", "redo the analysis", ""),
        ("1", "", ""),
        ("1", "任务", ""),
    ],
)
def test_what_choosing_an_option_means(key: str, label: str, role: str) -> None:
    assert role_of(key, label) == role


@pytest.mark.parametrize(
    ("declared", "label", "role"),
    [
        ("approve", "redo it", "approve"),
        ("approve", "Skip the counsel", "skip"),
        ("approve", "deploy now", "deploy"),
        ("of a newer version", "redo it", ""),
        ("reject", "Yes", "reject"),
        ("", "Yes", "approve"),
    ],
)
def test_a_declared_role_does_not_make_light_of_what_is_hard_to_take_back(declared: str, label: str, role: str) -> None:
    assert options([{"label": label, "role": declared}])[0].role == role


# --- picking -----------------------------------------------------------------------------------------------

CHOICES = (Option("ship", "ship it"), Option("2", "fix it"), Option("3", "drop it"))


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("ship", "ship"),
        ("ship it", "ship"),
        ("1", "ship"),
        (1, "ship"),
        (2, "2"),
        ("2", "2"),
        (3, "3"),
        (0, None),
        (4, None),
        (-1, None),
        ("Ship", None),
        ("", None),
        (True, None),
        (None, None),
        (1.0, None),
        (["ship"], None),
        ("³", None),
    ],
)
def test_an_option_is_picked_by_key_label_or_position(wanted: Any, key: str | None) -> None:
    assert pick(CHOICES, wanted) == key


# --- identity ----------------------------------------------------------------------------------------------

QUESTION = Question("task", "Which?", "why", (Option("a", "A"),), 3, {"head": "9d1e"}, True)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"kind": "ask"}, False),
        ({"question": "Which one?"}, False),
        ({"options": (Option("a", "B"),)}, False),
        ({"options": (Option("b", "A"),)}, False),
        ({"stage": 4}, False),
        ({"stage": None}, False),
        ({"subject": {"head": "9d1f"}}, False),
        ({"subject": None}, False),
        ({"context": "other"}, True),
        ({"options": (Option("a", "A", "approve"),)}, True),
        ({"recommendation": "a", "confidence": "high"}, True),
        ({"declared_risk": "production", "environment": "production"}, True),
        ({"free_text": False, "multiple": True}, True),
    ],
)
def test_what_the_digest_covers(change: dict[str, Any], same: bool) -> None:
    """A-1, DESIGN §4.3: kind, question, options, stage and subject; nothing else."""
    assert (digest(replace(QUESTION, **change)) == digest(QUESTION)) == same


def test_the_digest_is_the_sha256_of_canonical_json() -> None:
    text = '{"kind":"task","options":[["a","A"]],"question":"Which?","stage":3,"subject":{"head":"9d1e"}}'
    assert digest(QUESTION) == sha256_hex(text)


@pytest.mark.parametrize(
    ("task_id", "stage", "gate_id"), [("7", 3, "task-7-stage-3"), ("a.b_c-1", None, "task-a.b_c-1-stage-0")]
)
def test_the_id_of_a_task_gate(task_id: str, stage: int | None, gate_id: str) -> None:
    assert task_gate_id(task_id, stage) == gate_id


@given(ANY_TEXT, ANY_TEXT, st.none() | st.integers(0, 64))
def test_a_task_knows_its_gates_from_those_of_others(task_id: str, other: str, stage: int | None) -> None:
    gate_id = task_gate_id(task_id, stage)
    assert is_gate_of_task(gate_id, task_id)
    assert is_gate_of_task(gate_id, other) == (task_id == other)
    assert gate_id.isascii()
    assert gate_id.isprintable()
    assert not set(gate_id) & set(" $`'\"\\/;|&<>()*?")


def test_who_asks() -> None:
    assert asks({"needsDecision": True})
    assert asks({"needsDecision": "True"})
    assert not asks({"needsDecision": "yes, please"})
    assert not asks({})


# --- bounds ------------------------------------------------------------------------------------------------


@given(LONG_TEXT, st.integers(200, 20_000))
def test_a_cut_text_fits_says_what_is_missing_and_stays(text: str, limit: int) -> None:
    cut = within(text, limit)
    assert len(json.dumps(cut, ensure_ascii=False).encode("utf-8", "backslashreplace")) <= limit
    assert within(cut, limit) == cut
    if cut != text:
        assert f"characters, sha256 {sha256_hex(text)[:12]}]" in cut


@given(
    LONG_TEXT,
    LONG_TEXT,
    st.lists(LONG_TEXT | JSON, max_size=25),
    JSON | st.dictionaries(ANY_TEXT, LONG_TEXT, max_size=3),
)
def test_any_question_fits_into_one_event(question: str, context: str, labels: list[Any], subject: Any) -> None:
    """J-2: 64 KiB of canonical JSON; whatever an agent asks, its gate can be recorded."""
    metadata = {
        "needsDecision": True,
        "decisionContext": question,
        "decisionDetail": context,
        "decisionOptions": labels,
        "risk": question[:50],
        "environment": context[:50],
        "confidence": question[:50],
        "recommendation": 1,
    }
    asked = task_question(metadata, 64)
    assert asked is not None
    asked = replace(asked, subject=subject)
    draft = gate_opened("g" * 90, 1, "t" * 63, asked, Rules(), source="task:1", routes=("shell", "task_file"))
    text = canonical_json(dict(draft.payload))
    assert len(text.encode("utf-8", "backslashreplace")) <= PAYLOAD_BYTES
    assert draft.payload["digest"] == digest(asked) == digest(bounded(asked))


@pytest.mark.parametrize("field", ["question", "subject"])
def test_a_change_beyond_the_cut_still_counts(field: str) -> None:
    """A-4, §A.2: an approval must not survive a rewrite, however far down it is."""
    long = "x" * (QUESTION_BYTES + 5)

    def asked(end: str) -> Question:
        change: dict[str, Any] = {field: long + end if field == "question" else {"input": {"content": long + end}}}
        return replace(QUESTION, **change)

    assert digest(asked("a")) != digest(asked("b"))


def test_a_large_subject_keeps_its_shape_where_it_can() -> None:
    question = bounded(permission_question("Write", {"file_path": "/a/b.py", "content": "x" * 100_000}))
    assert question.subject["input"]["file_path"] == "/a/b.py"
    assert "characters, sha256" in question.subject["input"]["content"]
    many = bounded(permission_question("MultiEdit", {"edits": [{"new": "x" * 90_000}, {"new": "y"}]}))
    assert many.subject["input"]["edits"][0]["new"].endswith("]")
    assert many.subject["input"]["edits"][1] == {"new": "y"}
    huge = bounded(replace(QUESTION, subject={str(number): "x" * 100 for number in range(5000)}))
    assert set(huge.subject) == {"beginning", "characters", "sha256"}
    assert len(json_text(huge.subject)) < SUBJECT_BYTES


def test_what_a_person_answers_for_is_kept_whole_where_an_event_can_hold_it() -> None:
    """A tool's input and a plan get the room that the other parts of a question leave."""
    content = "line\n" * 6_000
    question = bounded(permission_question("Write", {"file_path": "/a/b.py", "content": content}))
    assert question.subject["input"]["content"] == content
    assert left_out(question.subject) == 0
    beside = bounded(replace(permission_question("Write", {"content": content}), context="c" * 60_000))
    assert beside.subject["input"]["content"] == content, "how long the context is has no part in it"


def test_what_was_left_out_is_counted() -> None:
    assert left_out(within("x" * 1_000, 500)) == 1_000 - within("x" * 1_000, 500).index("…")
    assert left_out({"a": [within("x" * 1_000, 500), "short"], "b": 7}) > 500
    assert left_out("said …[+5 characters, sha256 0123456789ab] and more") == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": float("-inf")}, {1: "a", "b": 2}, {"a": object()}])
def test_what_json_cannot_say_has_a_digest_all_the_same(value: Any) -> None:
    question = replace(QUESTION, subject=value)
    assert len(digest(question)) == 64
    assert is_json(bounded(question).subject)
