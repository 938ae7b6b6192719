"""The skill names only what there is: keys, tools, parameters, stages and words of the program itself."""

from __future__ import annotations

import inspect
import re

import pytest
import yaml

from orchestrator_tui.agent.usage import COMMANDS
from orchestrator_tui.core import metadata, normalise, words
from orchestrator_tui.core.metadata import STAGE_STATUSES
from orchestrator_tui.core.risk import DECLARED, ENVIRONMENTS
from orchestrator_tui.core.subject import parse_subject
from orchestrator_tui.mcp_server import tools
from orchestrator_tui.resources import skill_file, workflows_directory

TEXT = skill_file().read_text(encoding="utf-8")
PREFIX = "mcp__orch-tui__"
KNOWN_KEYS = {
    key for module in (metadata, normalise) for key in re.findall(r'\.get\("(\w+)"\)', inspect.getsource(module))
}


def section(title: str) -> str:
    """The text below one heading."""
    found = re.search(rf"^## \d+\. {title}.*?\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def template() -> str:
    found = re.search(r"```text\n(A\..*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def table(text: str) -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_its_head_is_what_claude_code_reads() -> None:
    head = yaml.safe_load(TEXT.split("---\n")[1])
    assert set(head) == {"name", "description"}
    assert head["name"] == "orch-tui"
    assert len(head["description"]) <= 1024
    assert len(TEXT.encode()) < 12_000, "a model pays for every word"


def test_every_metadata_key_is_read_by_the_program() -> None:
    named = [key for row in table(section("One task")) for key in re.findall(r"`(\w+)`", row[0])]
    assert set(named) <= KNOWN_KEYS
    assert {"stage", "stageName", "stageStatus", "needsDecision", "decisionContext", "decisionOptions"} <= set(named)
    elsewhere = set(re.findall(r"\b[a-z]+[A-Z]\w+\b", TEXT))
    assert elsewhere <= KNOWN_KEYS, "a word that looks like a key and is none"


def test_their_values_are_understood() -> None:
    rows = {row[0].strip("`"): set(re.findall(r'"([\w-]+)"', row[1])) for row in table(section("One task"))}
    assert rows["stageStatus"] == STAGE_STATUSES
    assert rows["risk"] <= set(DECLARED)
    assert rows["environment"] <= set(ENVIRONMENTS)
    assert rows["confidence"] == set(tools.CONFIDENCES)


def test_the_subjects_are_parsed() -> None:
    found = re.findall(r"`(\[WF-\d\][^`]+)`", TEXT)
    assert len(found) == 2
    for text in found:
        subject = parse_subject(text)
        assert subject is not None
        assert (subject.slug, subject.pipeline, subject.stages) == ("fix-auth-race", "bug-to-pr", 8)


@pytest.mark.parametrize(("column", "workflow"), [(1, "prd-to-pr"), (2, "bug-to-pr")])
def test_the_stages_are_those_of_the_workflows(column: int, workflow: str) -> None:
    stages = yaml.safe_load((workflows_directory() / f"{workflow}.yaml").read_text())["stages"]
    assert [row[column] for row in table(section("The eight stages"))] == [stage["name"] for stage in stages]
    artefacts = [stage["artefact"] for stage in stages if "artefact" in stage]
    assert all(artefact in TEXT for artefact in artefacts)


def test_every_tool_and_parameter_exists() -> None:
    assert set(re.findall(rf"{PREFIX}(\w+)", TEXT)) <= set(tools.TOOLS)
    assert all(f"`{name}`" in TEXT for name in tools.TOOLS)
    calls = re.findall(rf"{PREFIX}(\w+)\((.*?)\)", template(), re.DOTALL)
    assert {name for name, _ in calls} == {"report_stage", "note", "finding", "request_decision"}
    for name, arguments in calls:
        parameters = {one.name: one for one in tools.TOOLS[name].parameters}
        given = re.findall(r"(\w+)=", arguments)
        assert set(given) <= set(parameters)
        assert {one.name for one in parameters.values() if one.required} <= set(given)
        for key, value in re.findall(r'(\w+)=((?:"[\w-]+"\|)+"[\w-]+")', arguments):
            assert set(re.findall(r'"([\w-]+)"', value)) == set(parameters[key].choices)


def test_the_template_has_all_eight_sections() -> None:
    assert re.findall(r"^([A-Z])\. [A-Z]", template(), re.MULTILINE) == list("ABCDEFGH")


def test_the_shell_route_is_one_of_orch_agent() -> None:
    used = re.search(r"`orch-agent ask (.*?)`", TEXT)
    assert used is not None
    options = {option.name for option in COMMANDS["ask"].options}
    assert set(re.findall(r"--(\w+)", used[1])) <= {name.lstrip("-") for name in options}


def test_a_decision_looks_as_it_is_shown() -> None:
    source = inspect.getsource(words)
    for phrase in ("Decided: ", "Reason: ", "Question: ", ": decision ", " on gate ", "Go on by it."):
        assert phrase in source
        assert phrase.strip() in TEXT
    assert "Then set needsDecision to false in the task's metadata" in source
    assert words.nudge_words().partition(",")[0] in TEXT
    assert "=== orch-tui decision ===" in TEXT


@pytest.mark.parametrize(
    "rule",
    [
        "Never approve for the person",
        "in ONE message",
        'isolation: "worktree"',
        "run_in_background: true",
        "REQUIRES_REWORK",
        "ROOT_CAUSE_REJECTED",
        "ALWAYS the person",
        "NO recommendation",
        "open for 5 minutes",
        "No change for 10 minutes",
        "no reply in 2 minutes",
        "skippedStages: [3]",
        "conflict-matrix",
        "Never dispatch one that runs",
        "Bugs first",
        "Needs Attention",
    ],
)
def test_the_rules_of_the_protocol_are_in_it(rule: str) -> None:
    assert rule in TEXT
