"""While a gate is stale, every command says so on stderr, and none on stdout."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from orchestrator_tui.core.limits import Limits
from tests.cli.scene import Scene

SAYS = "pay-webhook has waited "


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--json"),
        ("status", "--json"),
        ("gates", "--json"),
        ("keys", "--json"),
        ("themes", "--json"),
        ("locate", "--json"),
    ],
)
def test_every_command_says_it(scene: Scene, arguments: tuple[str, ...]) -> None:
    scene.ask(1, "pay-webhook", "Deploy it?", ["go", "stop"], age_s=400)
    scene.watch()
    ended = scene.run(*arguments)
    assert ended.code == 0
    assert ended.json()
    assert re.fullmatch(r"⚠ pay-webhook has waited 6:\d\d; orch-tui gates\n", ended.err)


def test_several_are_counted_and_the_worst_is_named(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"], age_s=900)
    scene.ask(2, "pay-webhook", "Deploy it?", ["go", "stop"], age_s=400, environment="production")
    scene.watch()
    said = scene.run("locate", "--json").err
    assert re.fullmatch(r"⚠ pay-webhook has waited 6:\d\d, 1 more too; orch-tui gates\n", said)


def test_an_answer_ends_it(scene: Scene) -> None:
    scene.ask(1, "pay-webhook", "Keep it?", ["yes", "no"], age_s=400)
    scene.watch()
    assert SAYS in scene.run("locate").err
    ended = scene.run("decide", "pay-webhook", "yes")
    assert (ended.code, SAYS in ended.err) == (0, False)
    assert SAYS not in scene.run("locate").err


def test_the_limit_is_the_one_that_the_batch_was_opened_with(scene: Scene) -> None:
    scene.ask(1, "pay-webhook", "Keep it?", ["yes", "no"], age_s=400)
    scene.watch(replace(Limits(), gate_stale_ms=3_600_000))
    assert scene.run("locate", "--json").err == ""


def test_a_young_gate_is_not_stale(scene: Scene) -> None:
    scene.ask(1, "pay-webhook", "Keep it?", ["yes", "no"], age_s=200)
    scene.watch()
    assert scene.run("locate", "--json").err == ""


@pytest.mark.parametrize(("arguments", "code"), [(("decide", "nobody", "yes"), 2), (("verify", "nothing"), 2)])
def test_a_command_that_fails_says_it_too(scene: Scene, arguments: tuple[str, ...], code: int) -> None:
    scene.ask(1, "pay-webhook", "Keep it?", ["yes", "no"], age_s=400)
    scene.watch()
    ended = scene.run(*arguments)
    assert ended.code == code
    assert SAYS in ended.err
