"""Our entries in a text of settings: put in without disturbing anything, taken out without a trace (pure)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.adapters.connection.draft import undo
from orchestrator_tui.adapters.connection.files import split_mark
from orchestrator_tui.adapters.connection.merging import (
    with_server,
    with_settings,
    without_server,
    without_settings,
)
from orchestrator_tui.adapters.connection.scan import Malformed
from orchestrator_tui.adapters.connection.wanted import RULES, VALUES, is_our_hook
from tests.connection.samples import HOME, MALFORMED, SAMPLES, command, wanted

WANTED = wanted()
SERVERS = ("mcpServers",)
IN_PROJECT = ("projects", "/repo", "mcpServers")


def load(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(split_mark(text)[1].strip() or "{}")
    return value


def without_ours(settings: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Settings with our entries dropped as any reader of JSON would, empty containers that were not there, too."""
    for event, groups in list(settings["hooks"].items()):
        for group in groups:
            group["hooks"] = [hook for hook in group["hooks"] if not is_our_hook(hook)]
        settings["hooks"][event] = [group for group in groups if group["hooks"]]
        if not settings["hooks"][event] and event not in before.get("hooks", {}):
            del settings["hooks"][event]
    had = before.get("env", {})
    settings["env"] = {name: value for name, value in settings["env"].items() if name not in VALUES or name in had}
    allow = settings["permissions"]["allow"]
    had = before.get("permissions", {}).get("allow", [])
    settings["permissions"]["allow"] = [rule for rule in allow if rule not in RULES or rule in had]
    for path in (("permissions", "allow"), ("permissions",), ("env",), ("hooks",)):
        holder, known = settings, before
        for key in path[:-1]:
            holder, known = holder[key], known.get(key, {})
        if path[-1] not in known and not holder[path[-1]]:
            del holder[path[-1]]
    return settings


@pytest.mark.parametrize("name", SAMPLES)
def test_everything_else_stays_and_ours_is_all_there(name: str) -> None:
    before = split_mark(SAMPLES[name])[1]
    merged = with_settings(before, WANTED)
    settings = load(merged.text)
    for entry in WANTED.hooks:
        assert entry.group() in settings["hooks"][entry.event]
    assert settings["env"].items() >= VALUES.items()
    assert set(RULES) <= set(settings["permissions"]["allow"])
    assert without_ours(settings, load(before)) == load(before)
    assert merged.words
    assert undo(merged.text, merged.splices) == before


@pytest.mark.parametrize("name", SAMPLES)
def test_twice_is_as_once(name: str) -> None:
    once = with_settings(split_mark(SAMPLES[name])[1], WANTED)
    twice = with_settings(once.text, WANTED)
    assert (twice.text, twice.splices, twice.words, twice.added) == (once.text, (), (), ())


@pytest.mark.parametrize("name", SAMPLES)
def test_taken_out_of_an_edited_file_only_ours_go(name: str) -> None:
    before = split_mark(SAMPLES[name])[1]
    merged = with_settings(before, WANTED)
    edited = with_edit(merged.text)
    taken = without_settings(edited, merged.added)
    assert load(taken.text) == {**load(before), "edited": [1, {}]}
    assert command("Stop") not in taken.text


def with_edit(text: str) -> str:
    """The text with one more member, as a person would type it in front of the others."""
    return text.replace("{", '{"edited": [1, {}], ' if text.strip() != "{}" else '{"edited": [1, {}]', 1)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_with_line_and_key(name: str) -> None:
    text, line, reason = MALFORMED[name]
    with pytest.raises(Malformed) as caught:
        with_settings(text, WANTED)
    assert (caught.value.line, bool(re.search(reason, str(caught.value)))) == (line, True), caught.value
    assert "\n" not in str(caught.value)


def test_lines_are_written_as_the_others_are() -> None:
    text = with_settings(SAMPLES["tabs"], WANTED).text
    assert '\n\t\t"CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS": "0"\n\t},' in text
    assert '\n\t\t\t"mcp__orch-tui__*",\n\t\t\t"Bash(orch-agent:*)"\n\t\t],' in text
    assert "\n" not in with_settings(SAMPLES["compact"], WANTED).text
    assert '": ' not in with_settings(SAMPLES["compact"], WANTED).text
    assert with_settings(SAMPLES["carriage returns"], WANTED).text.count("\n") == with_settings(
        SAMPLES["carriage returns"], WANTED
    ).text.count("\r\n")


def test_one_who_has_set_a_variable_otherwise_keeps_it() -> None:
    text = '{"env": {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "0"}}'
    merged = with_settings(text, WANTED)
    assert load(merged.text)["env"]["CLAUDE_CODE_ENABLE_TODO_TOOLS"] == "0"
    assert merged.left == ("CLAUDE_CODE_ENABLE_TODO_TOOLS is '0' there and stays so; agents would need '1'",)
    assert "CLAUDE_CODE_ENABLE_TODO_TOOLS" in without_settings(merged.text, merged.added).text


def test_a_denial_that_goes_before_our_rule_is_said() -> None:
    merged = with_settings('{"permissions": {"deny": ["mcp__orch-tui__request_decision", "Read(x)"]}}', WANTED)
    assert merged.left == ("permissions.deny holds 'mcp__orch-tui__request_decision' and goes before our rule",)


def test_what_is_moved_elsewhere_is_brought_up_to_date_in_place() -> None:
    once = with_settings(SAMPLES["hooks of others"], WANTED)
    moved = with_settings(once.text, wanted(python="/elsewhere/python"))
    assert "/opt/orch tui" not in moved.text
    assert moved.words == ("4 hooks of ours brought up to date",)
    assert moved.text.count("\n") == once.text.count("\n")
    assert load(moved.text)["hooks"]["PostToolUse"][:2] == load(once.text)["hooks"]["PostToolUse"][:2]
    assert with_settings(moved.text, WANTED).text == once.text


def test_fewer_and_other_hooks_than_before() -> None:
    once = with_settings("{}", WANTED)
    fewer = with_settings(once.text, wanted().__class__(WANTED.hooks[:2], WANTED.server, WANTED.skill))
    assert [len(groups) for groups in load(fewer.text)["hooks"].values()] == [1, 1, 0]
    assert load(with_settings(fewer.text, WANTED).text)["hooks"] == load(once.text)["hooks"]


def test_our_hook_among_those_of_another_matcher() -> None:
    theirs, ours = {"type": "command", "command": "x"}, {"type": "command", "command": command("Stop")}
    text = json.dumps({"hooks": {"Stop": [{"matcher": "a", "hooks": [theirs, ours]}]}}, indent=2)
    merged = with_settings(text, WANTED)
    groups = load(merged.text)["hooks"]["Stop"]
    assert groups[0] == {"matcher": "a", "hooks": [theirs]}
    assert len(groups) == 2
    assert load(without_settings(text, None).text)["hooks"]["Stop"] == [{"matcher": "a", "hooks": [theirs]}]


def test_nothing_is_known_of_what_we_added() -> None:
    merged = with_settings(SAMPLES["hooks of others"], WANTED)
    taken = without_settings(merged.text, None)
    theirs = load(SAMPLES["hooks of others"])["hooks"]
    assert load(taken.text)["hooks"] == {event: groups for event, groups in theirs.items() if groups}
    assert load(taken.text)["permissions"]["allow"] == []
    assert load(taken.text)["env"] == dict(VALUES)
    assert taken.left == tuple(f"variable {name} stays: nothing tells who set it" for name in VALUES)


@pytest.mark.parametrize("way", [SERVERS, IN_PROJECT])
@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_the_server_among_others(way: tuple[str, ...], indent: int | str | None) -> None:
    value = {
        "numStartups": 3,
        "mcpServers": {"db": {"command": "db", "args": []}},
        "projects": {"/repo": {"allowedTools": []}, "/other": {"mcpServers": {}}},
    }
    text = json.dumps(value, indent=indent)
    merged = with_server(text, WANTED, way)
    found = load(merged.text)
    for key in way:
        found = found[key]
    assert found["orch-tui"] == WANTED.server
    assert undo(merged.text, merged.splices) == text
    assert with_server(merged.text, WANTED, way).splices == ()
    taken = without_server(merged.text, way, merged.added)
    assert json.loads(taken.text) == value
    assert taken.words == ("MCP server orch-tui",)


def test_a_server_that_was_moved_keeps_what_a_person_added() -> None:
    theirs = {**WANTED.server, "command": "/old/python", "env": {"MINE": "1"}}
    merged = with_server(json.dumps({"mcpServers": {"orch-tui": theirs}}), WANTED, SERVERS)
    assert load(merged.text)["mcpServers"]["orch-tui"] == {**WANTED.server, "env": {"MINE": "1"}}
    assert merged.words == ("MCP server orch-tui: command brought up to date",)


def test_a_server_of_the_same_name_that_is_not_ours_stays() -> None:
    text = '{"mcpServers": {"orch-tui": {"command": "something"}}}'
    merged = with_server(text, WANTED, SERVERS)
    assert (merged.text, len(merged.left)) == (text, 1)
    assert without_server(text, SERVERS, None).text == text


# --- any JSON at all ---------------------------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
HOOK = st.fixed_dictionaries({"type": st.just("command"), "command": st.text()})
GROUP = st.fixed_dictionaries({"hooks": st.lists(HOOK, min_size=1, max_size=2)}, optional={"matcher": st.text()})
EVENTS = st.sampled_from(["PreToolUse", "PostToolUse", "Stop", "PermissionRequest", "Ünknown"])
NAMES = st.text(max_size=5) | st.sampled_from([*VALUES])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "hooks": st.dictionaries(EVENTS, st.lists(GROUP, max_size=3), max_size=3),
        "env": st.dictionaries(NAMES, st.text(max_size=5) | st.sampled_from(["0", "1"]), max_size=3),
        "permissions": st.fixed_dictionaries(
            {}, optional={"allow": st.lists(st.text(max_size=5) | st.sampled_from(RULES)), "deny": st.lists(st.text())}
        ),
        "model": ANY,
        "\U0001f600": ANY,
    },
)
INDENTS = st.sampled_from([None, 0, 1, 2, 4, "\t", " \t"])


@given(SETTINGS, INDENTS, st.booleans(), st.booleans(), st.sampled_from(["", "\n", "\r\n", "  \n\n"]), st.booleans())
def test_any_settings_in_any_style(
    value: dict[str, Any], indent: int | str | None, ascii_only: bool, tight: bool, end: str, returns: bool
) -> None:
    separators = (",", ":") if tight else None
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators) + end
    if returns:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    merged = with_settings(text, WANTED)
    settings = load(merged.text)
    assert all(entry.group() in settings["hooks"][entry.event] for entry in WANTED.hooks)
    assert set(VALUES) <= set(settings["env"])
    assert set(RULES) <= set(settings["permissions"]["allow"])
    assert undo(merged.text, merged.splices) == text
    assert with_settings(merged.text, WANTED).text == merged.text
    taken = without_settings(with_edit(merged.text), merged.added)
    assert json.loads(taken.text) == {**value, "edited": [1, {}]}
    assert HOME not in taken.text
