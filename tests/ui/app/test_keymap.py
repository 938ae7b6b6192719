"""The registry and the remaps over it: one id a thing, no key with two meanings, every fault told in one line."""

import ast
import inspect
import sys
from collections import Counter
from itertools import combinations

import pytest
from textual.keys import _character_to_key

from orchestrator_tui.ui import actions
from orchestrator_tui.ui.actions import ACTIONS, BY_ID, GROUPS, REPLAY, SCOPES, in_scope, key_name, keys_text
from orchestrator_tui.ui.available import CONDITIONS
from orchestrator_tui.ui.keymap import Keymap, normalise, resolve


def test_every_action_is_complete() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.keys, action.id
        assert action.group in GROUPS
        assert action.scopes
        assert action.scopes <= set(SCOPES)
        assert action.label
        assert not action.tooltip.endswith(".")
        assert set(action.needs) <= set(CONDITIONS), action.id


@pytest.mark.parametrize("scope", SCOPES)
def test_no_key_means_two_things_on_one_screen(scope: str) -> None:
    used = Counter(key for action in in_scope(scope) for key in action.keys)
    assert [key for key, count in used.items() if count > 1] == []


def test_every_condition_is_used() -> None:
    assert {need for action in ACTIONS for need in action.needs} == set(CONDITIONS)


def test_nothing_that_answers_listens_to_escape() -> None:
    assert [action.id for action in ACTIONS if "escape" in action.keys and action.group == "Decide"] == []


def test_the_registry_loads_nothing_but_the_standard_library() -> None:
    tree = ast.parse(inspect.getsource(actions))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith("orchestrator_tui.core.") for name in foreign)


@pytest.mark.parametrize(
    ("key", "name"),
    [("ctrl+p", "Ctrl+P"), ("question_mark", "?"), ("S", "S"), ("shift+tab", "Shift+Tab"), ("f1", "F1"), ("left", "←")],
)
def test_keys_read_as_people_write_them(key: str, name: str) -> None:
    assert key_name(key) == name


def test_arrows_have_names_in_ascii() -> None:
    assert keys_text(("k", "up"), ascii_only=True) == "k Up"


@pytest.mark.parametrize("character", "/?<>.,[]+-_@#~!'\"\\|=:;(){}*&^%$`")
def test_punctuation_is_named_as_the_toolkit_names_it(character: str) -> None:
    assert normalise(character) == _character_to_key(character)


@pytest.mark.parametrize(
    ("written", "key"), [("Ctrl+P", "ctrl+p"), ("Enter", "enter"), ("G", "G"), ("ctrl+/", "ctrl+slash"), ("F2", "f2")]
)
def test_keys_may_be_written_freely(written: str, key: str) -> None:
    assert normalise(written) == key


def test_a_remap_replaces_all_keys_of_its_action() -> None:
    keymap, problems = resolve({"next-waiting": "W, ctrl+n", "sort": "ctrl+s"})
    assert problems == ()
    assert keymap.keys["next-waiting"] == ("W", "ctrl+n")
    assert keymap.keys["search"] == ("slash",)
    assert keymap.toolkit() == {"next-waiting": "W,ctrl+n", "sort": "ctrl+s"}
    assert keymap.text("next-waiting") == "W Ctrl+N"


def test_an_unknown_id_names_the_nearest() -> None:
    keymap, problems = resolve({"next-waitng": "W"}, "settings.yaml")
    assert problems == ('settings.yaml: there is no action "next-waitng"; did you mean "next-waiting"?',)
    assert keymap == Keymap()


def test_a_conflict_keeps_the_default_and_says_so() -> None:
    keymap, problems = resolve({"sort": "/", "filter": "T"})
    assert problems == ('keymap: "/" cannot be both "sort" and "search"; "sort" keeps s',)
    assert keymap.keys["sort"] == ("s",)
    assert keymap.keys["filter"] == ("T",)


def test_two_keys_can_change_places() -> None:
    keymap, problems = resolve({"sort": "f", "filter": "s"})
    assert problems == ()
    assert (keymap.keys["sort"], keymap.keys["filter"]) == (("f",), ("s",))


def test_escape_can_never_answer() -> None:
    _, problems = resolve({"approve": "escape"})
    assert problems == ('keymap: "approve" cannot be Esc: Esc never answers',)


def test_an_action_keeps_at_least_one_key() -> None:
    _, problems = resolve({"approve": "  "})
    assert problems == ('keymap: "approve" needs at least one key',)


def test_keys_of_the_replay_may_be_those_of_the_main_screen() -> None:
    shared = [
        (first.id, second.id)
        for first, second in combinations(ACTIONS, 2)
        if (REPLAY in first.scopes) != (REPLAY in second.scopes) and set(first.keys) & set(second.keys)
    ]
    assert ("sort", "transport-snapshot") in shared
    assert resolve({"transport-play": "w"})[1] == ()
