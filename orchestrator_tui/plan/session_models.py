"""Sessions as people write them in workflow and plan files; ``core.session`` is what becomes of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator_tui.core.session import AUDIENCES, ENFORCEMENTS, GUARDS, ISOLATIONS, DocsTask, Session
from orchestrator_tui.plan.fields import (
    NAMED_KEYS,
    Count,
    Counted,
    Line,
    Lines,
    Name,
    Names,
    Part,
    Pattern,
    Patterns,
    Says,
    Switch,
    Text,
    choice,
    listed,
    read_choice,
    read_whole,
)


def _says(words: tuple[str, ...]) -> Says:
    return Says(" · ".join(f"`{word}`" for word in words))


def _counted(value: dict[str, list[str]]) -> dict[str, list[str]]:
    for number, waves in value.items():
        read_whole(len(waves), len(waves), number)
    return value


def _guards(value: dict[str, bool]) -> dict[str, bool]:
    for name in value:
        read_choice(GUARDS, name)
    return value


Enforcement = Annotated[str, choice("", *ENFORCEMENTS), _says(ENFORCEMENTS)]
Guards = Annotated[dict[str, Switch], AfterValidator(_guards), Says("mapping: guard → `true` or `false`")]


class SessionsFile(Part):
    """Types of sessions and the roles of their waves."""

    types: Names = Field([], description="the types of sessions")
    type: Name = Field("", description="the type of a plan that names none")
    roles: Names = Field([], description="the roles of waves, in the order in which they work")
    maps: Annotated[dict[str, Lines], AfterValidator(_counted), Says("mapping: number → list of waves")] = Field(
        {}, description="number of waves → the roles of each, joined by `+`; the largest stands for more, too"
    )
    waves: Count = Field(0, description="how many waves, where nobody says it")
    least: Count = Field(0, description="the fewest waves that a session can be cut into")
    role: Name = Field("", description="the role of a track that names none")
    single: Names = Field([], description="types of one wave, whose tracks work one after the other, unguarded")
    settings: Patterns = Field([], description="files with the section `## Session Config`; the first one found counts")
    bootstrap: Patterns = Field([], description="files that must be there before anything starts; nothing passes by")
    state: Annotated[dict[str, Line], NAMED_KEYS, Says("mapping: platform → directory")] = Field(
        {}, description="the directory of the state files of each platform"
    )
    agents_least: Count = Field(0, description="the fewest agents that a wave can be held to")
    line: Annotated[int, BeforeValidator(partial(read_whole, 20, 1_000)), Says("whole number from 20 to 1,000")] = (
        Field(160, description="characters of one line in a state file, about")
    )
    docs_few: Count = Field(0, description="so many documents go with the tracks of `docs_role`, more with `docs_many`")
    docs_role: Name = Field("", description="the role with which a few documents go")
    docs_many: Name = Field("", description="the role with which more documents go")


class GuardFile(Part):
    """What watches paths and commands of agents."""

    enforcement: Enforcement = Field(
        "", description="`strict` refuses, `warn` says it and lets it pass, `off` does not look; nothing without it"
    )
    blocked: Lines = Field([], description="commands that no agent may run, as they are written")
    gates: Guards = Field({}, description="guards that are switched off; what is not named is on")


class DocsTaskFile(Part):
    """A document that a session is to write."""

    id: Name = Field(description="its name")
    audience: Annotated[str, choice(*AUDIENCES), _says(AUDIENCES)] = Field("dev", description="whom it is for")
    pattern: Pattern = Field(description="the files that it is in")
    rationale: Line = Field("", description="why it is needed")
    wave: Counted = Field(0, description="its wave; without it, by how many there are")


_NUMBER = Annotated[int, BeforeValidator(partial(read_whole, 1, 10**9)), Says("number")]


class SessionFile(Part):
    """What a plan says of its session; it goes before the person's `## Session Config`."""

    type: Name = Field("", description="its type, such as `feature`")
    waves: Counted = Field(0, description="how many waves")
    agents: Counted = Field(0, description="how many tracks one wave may have; a plan with more is refused")
    turns: Counted = Field(0, description="turns of one attempt; without it, what its type says")
    enforcement: Enforcement = Field("", description="what a guard does with a breach of scope or a blocked command")
    isolation: Annotated[str, choice("", *ISOLATIONS), _says(ISOLATIONS)] = Field(
        "", description="where the agents of a wave work: by rule, each in a worktree, or all in one tree"
    )
    focus: Text = Field("", description="what comes first: every prompt says it; `run --focus` goes before it")
    platform: Name = Field("", description="whose directory the state files are in; without it, the agents'")
    issues: Annotated[list[_NUMBER], BeforeValidator(listed), Says("list of numbers")] = Field(
        [], description="the issues that it is for"
    )
    docs: list[DocsTaskFile] = Field(
        [], description="documents that are planned, where the project has `docs-orchestrator` enabled"
    )


def session_of(model: SessionFile) -> Session:
    """What a plan says of its session."""
    docs = tuple(DocsTask(one.id, one.audience, one.pattern, one.rationale, one.wave) for one in model.docs)
    return Session(
        type=model.type,
        waves=model.waves,
        agents=model.agents,
        turns=model.turns,
        enforcement=model.enforcement,
        isolation=model.isolation,
        focus=model.focus,
        platform=model.platform,
        issues=tuple(model.issues),
        docs=docs,
    )
