"""What a scripted agent does, step by step, as a person writes it in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

SCRIPTS = Path(__file__).resolve().parent / "scripts"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Report(_Strict):
    """A stage that begins."""

    stage: int
    name: str
    progress: str = ""


class Write(_Strict):
    """A file that is written, below the worktree."""

    path: str
    content: str


class Replace(_Strict):
    """A text that is replaced by another, once, in a file."""

    path: str
    old: str
    new: str


class Check(_Strict):
    """A command that is run; ``expect`` is what its result must be for the script to go on."""

    name: str
    command: list[str]
    expect: Literal["pass", "fail"] = "pass"


class Finding(_Strict):
    """What a review says."""

    severity: Literal["blocker", "concern", "follow-up", "nit"]
    title: str
    file: str = ""
    line: int | None = None


class Change(_Strict):
    """How a question changes while it is open, some seconds after it was asked."""

    after: float
    question: str
    context: str = ""
    recommend: str = ""


class Ask(_Strict):
    """A gate: the agent goes on only as decided, with the steps of the chosen key."""

    question: str
    options: dict[str, str]
    context: str = ""
    risk: str = ""
    confidence: str = ""
    environment: str = ""
    recommend: str = ""
    changes: Change | None = None
    on: dict[str, list[Step]] = {}


class Step(_Strict):
    """One step: exactly one of its fields is set."""

    report: Report | None = None
    write: Write | None = None
    replace: Replace | None = None
    check: Check | None = None
    commit: str | None = None
    note: str | None = None
    finding: Finding | None = None
    ask: Ask | None = None
    deploy: Literal["dev", "staging", "production"] | None = None
    pause: float | None = None
    done: str | None = None


class Script(_Strict):
    """The script of one agent."""

    track: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    title: str
    workflow: str
    steps: list[Step]


def load_script(path: Path) -> Script:
    """The script in ``path``. Raises ValueError with the key when it is not one."""
    # `on` is a key here, not YAML 1.1's other word for true.
    content = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    return Script.model_validate(content)
