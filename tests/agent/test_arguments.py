"""The command line: what it takes, its limits, and one line for every fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.agent.arguments import parse
from orchestrator_tui.agent.main import main
from orchestrator_tui.agent.stop import Stop
from orchestrator_tui.agent.usage import ASK, COMMANDS, FINDING, NOTE, REPORT, Command
from tests.agent.scene import CODE, ROOT, Scene
from tests.hostile_text import ALL_PAYLOADS, forbidden


def no_stdin(most: int) -> bytes:
    raise AssertionError("standard input is not asked for")


def test_values_come_by_name() -> None:
    words = ["Q?", "--option", "a=x=y", "--option=b", "--wait=5", "--json", "--stage", "3"]
    assert parse(ASK, words, no_stdin) == {
        "question": "Q?",
        "option": ["a=x=y", "b"],
        "wait": 5,
        "json": True,
        "stage": 3,
    }


def test_after_two_dashes_everything_is_a_word() -> None:
    assert parse(NOTE, ["--", "--help"], no_stdin) == {"text": "--help"}


def test_a_value_may_begin_with_a_dash() -> None:
    assert parse(ASK, ["Q?", "--context", "--not an option"], no_stdin)["context"] == "--not an option"


def test_standard_input_is_read_up_to_its_limit() -> None:
    asked: list[int] = []

    def stdin(most: int) -> bytes:
        asked.append(most)
        return b"from a file \xff\n\n"

    assert parse(NOTE, ["-"], stdin) == {"text": "from a file \ufffd"}
    assert asked == [4096 * 4 + 4]
    with pytest.raises(Stop, match="TEXT from standard input has 20,000 characters, more than the 4,096 allowed"):
        parse(NOTE, ["-"], lambda most: b"x" * 20_000)


def test_a_word_that_is_no_utf_8_is_kept_as_far_as_it_can_be() -> None:
    assert parse(NOTE, ["a\udcffb"], no_stdin) == {"text": "a?b"}


@pytest.mark.parametrize(
    ("command", "words", "says"),
    [
        (REPORT, ["--stgae", "3"], "report: unknown option '--stgae'; did you mean --stage?"),
        (REPORT, ["-s", "3"], "report: unknown option '-s'"),
        (REPORT, ["--stage"], "report: --stage needs a value: --stage N"),
        (REPORT, ["--stage", "x"], "report: --stage takes a whole number from 0 to 64, not 'x'"),
        (REPORT, ["--stage", "65"], "report: --stage takes a whole number from 0 to 64, not '65'"),
        (REPORT, ["--stage", "-1"], "report: --stage takes a whole number from 0 to 64, not '-1'"),
        (REPORT, ["--stage", "٣"], "report: --stage takes a whole number"),
        (REPORT, ["--stage", "1", "--stage", "2"], "report: --stage is given twice"),
        (REPORT, ["--status", "in_progres"], "did you mean in_progress?"),
        (REPORT, ["--progress", "x" * 201], "report: --progress has 201 characters, more than the 200 allowed"),
        (REPORT, ["--progress", "  "], "report: --progress is empty"),
        (REPORT, ["now"], "report: one word too many: 'now'"),
        (ASK, ["Which", "cache?"], "ask: one word too many: 'cache?'; a text of several words goes in quotes"),
        (ASK, ["Q?", "--json=yes"], "ask: --json takes no value"),
        (ASK, ["Q?", "--wait", "forever"], "ask: --wait takes a whole number from 0 to 86400, not 'forever'"),
        (ASK, ["-", "--context", "-"], "ask: standard input can be read only once"),
        (FINDING, ["x", "--severity", "bloker"], "did you mean blocker?"),
        (FINDING, [], "finding: TITLE is missing: the finding in one line"),
    ],
)
def test_a_fault_is_told_with_what_was_meant(command: Command, words: list[str], says: str) -> None:
    with pytest.raises(Stop) as raised:
        parse(command, words, no_stdin)
    assert raised.value.code == 2
    assert says in raised.value.text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("reprot",), "unknown command 'reprot'; did you mean report?"),
        (("--verbose",), "unknown option '--verbose'"),
        (("report",), "report: nothing to report"),
        (("ask",), "ask: QUESTION is missing"),
        (("finding", "x"), "finding: --severity is missing"),
        (("ask", "Q?", "--option", "a b=c"), "ask: --option 'a b=c' needs a key"),
        (("ask", "Q?", "--option", "a="), "ask: --option a= has no label"),
        (("ask", "Q?", "--option", "a=x", "--option", "a=y"), "ask: two options have the key a"),
        (("ask", "Q?", *[w for n in range(21) for w in ("--option", f"k{n}")]), "21 options"),
        (("ask", "Q?", "--option", "ship", "--recommend", "shp"), "did you mean ship?"),
        (("ask", "\u4e00" * 6_000), "ask: the question takes more than the 12,288 bytes"),
        (("ask", "Q?", "--context", "\u4e00" * 6_000), "ask: --context takes more than"),
        (("ask", "--gate", "g", "--risk", "low"), "ask: --gate waits for an earlier question; --risk belongs"),
        (("ask", "Q?", "--gate", "g"), "ask: --gate waits for an earlier question; a question belongs"),
        (("report", "--stage", "9"), "prd-to-pr has 8 stages; there is no stage 9"),
    ],
)
def test_bad_usage_ends_with_2_and_changes_nothing(
    scene: Scene, as_agent: None, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    before = scene.path.read_bytes()
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err
    assert scene.path.read_bytes() == before
    assert not scene.home.exists()


@pytest.mark.parametrize("payload", ALL_PAYLOADS, ids=ascii)
def test_hostile_words_reach_no_terminal(as_agent: None, capfd: pytest.CaptureFixture[str], payload: str) -> None:
    calls = ((payload,), ("report", payload), ("report", "--stage", payload), ("ask", "Q?", "--option", payload + " "))
    assert [main(arguments) for arguments in calls] == [2, 2, 2, 2]
    err = capfd.readouterr().err
    assert forbidden(err) == []
    assert err.count("\n") == 4


def test_help_names_every_command_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    for command in COMMANDS.values():
        assert f"  {command.name} " in overview
        assert main([command.name, "--help"]) == 0
        text = capsys.readouterr().out
        assert all(f"--{option.name}" in text for option in command.options)
        assert all(example in text for example in command.examples)
        assert max(map(len, text.splitlines())) <= 120


def test_the_examples_of_the_help_can_be_run(scene: Scene, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "orch-agent"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -c "{CODE}" "$@"\n')
    command.chmod(0o755)
    examples = [example for each in COMMANDS.values() for example in each.examples if "--gate" not in example]
    for example in examples:
        ended = subprocess.run(
            ["sh", "-c", example.replace("--wait 600", "--wait 0")],
            env=scene.environment(PATH=f"{command.parent}:{os.environ['PATH']}"),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode in (0, 3, 4), (example, ended.stderr)
        assert ended.stdout == ""


def test_the_reference_page_tells_every_command_and_option() -> None:
    page = (ROOT / "docs" / "reference" / "orch-agent.md").read_text(encoding="utf-8")
    options = {f"--{option.name}" for command in COMMANDS.values() for option in command.options}
    assert [name for name in COMMANDS if f"orch-agent {name}" not in page] == []
    assert [option for option in sorted(options) if option not in page] == []
