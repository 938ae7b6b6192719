"""What a scripted agent does, step by step, as a person writes it in YAML.

``steps`` is the whole way of a track, cut into stages by its ``report`` steps. ``stages`` says it for single stages,
and for single times at which one is done: ``4`` is stage 4, ``4/2`` the second time that stage 4 is entered, ``4/1/3``
the third try of the first time, ``4/*/3`` the third try of any. A word stands for attempts of that purpose:
``resolve``. What is said most exactly counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

SCRIPTS = Path(__file__).resolve().parent / "scripts"

_TIME = r"^(?:[1-9]\d*|[a-z]+)(?:/[1-9]\d*(?:/[1-9]\d*)?|/\*/[1-9]\d*)?$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Report(_Strict):
    """A stage that begins, and the pull request where one was made."""

    stage: int
    name: str
    progress: str = ""
    pr: str = ""


class Write(_Strict):
    """A file that is written, below the worktree; ``append`` puts the text behind what is there, once.

    ``{spec}`` in the path is the folder of the track's documents.
    """

    path: str
    content: str
    append: bool = False


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
    of: str = ""


class Change(_Strict):
    """How a question changes while it is open, some seconds after it was asked."""

    after: float
    question: str
    context: str = ""
    recommend: str = ""


class Ask(_Strict):
    """A gate: the agent goes on only as decided, with the steps of the chosen key.

    With ``patience``, in seconds, it goes on without an answer after that, with the steps of ``pending``.
    """

    question: str
    options: dict[str, str]
    context: str = ""
    risk: str = ""
    confidence: str = ""
    environment: str = ""
    recommend: str = ""
    changes: Change | None = None
    patience: int | None = None
    on: dict[str, list[Step]] = {}


class Tells(_Strict):
    """What an agent with a model would tell of itself: totals so far, and until when it is parked, in seconds.

    ``calls`` are tool calls that it makes: each its ``tool``, the tool's arguments, and the ``error`` that came back.
    """

    model: str = ""
    session: str = ""
    cost_usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    denials: list[str] = []
    calls: list[dict[str, str]] = []
    parked_s: float = 0.0


class Step(_Strict):
    """One step: exactly one of its fields is set. The last group is how agents misbehave.

    ``verdict`` is the word that the stage ends with, ``exit`` ends the process at once, ``hear`` waits for a line with
    this text on its input. ``shell`` is any command of ``sh``; ``say`` is printed as it is; ``flood`` is that many
    bytes of output; ``daemon`` leaves a process of its own session behind, for so many seconds; ``hang`` never ends,
    ``stubbornly`` not even when asked to; ``die`` is the signal that it ends itself by; ``forge`` writes the approval
    of its own question into its task file.
    """

    report: Report | None = None
    write: Write | None = None
    replace: Replace | None = None
    check: Check | None = None
    commit: str | None = None
    note: str | None = None
    finding: Finding | None = None
    ask: Ask | None = None
    pause: float | None = None
    verdict: str | None = None
    exit: int | None = None
    hear: str | None = None
    tells: Tells | None = None

    shell: str | None = None
    say: str | None = None
    flood: int | None = None
    daemon: float | None = None
    hang: Literal["politely", "stubbornly"] | None = None
    die: Literal["SIGKILL", "SIGTERM", "SIGSEGV"] | None = None
    forge: str | None = None


class Script(_Strict):
    """The script of one agent."""

    track: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    steps: list[Step] = []
    stages: dict[Annotated[str, Field(pattern=_TIME)], list[Step]] = {}

    def steps_of(self, stage: int, entry: int = 1, attempt: int = 1, purpose: str = "") -> list[Step]:
        """The steps of one attempt: of its purpose where that has any, else of its stage."""
        for name in (purpose, str(stage)):
            for time in (f"/{entry}/{attempt}", f"/{entry}", f"/*/{attempt}", ""):
                if name and name + time in self.stages:
                    return self.stages[name + time]
        return self._between_reports(stage)

    def _between_reports(self, stage: int) -> list[Step]:
        """The steps from every report of this stage to the next report."""
        found: list[Step] = []
        within = False
        for step in self.steps:
            if step.report is not None:
                within = step.report.stage == stage
            if within:
                found.append(step)
        return found


def load_script(path: Path) -> Script:
    """The script in ``path``. Raises ValueError with the key when it is not one."""
    # `on` is a key here, not YAML 1.1's other word for true.
    content = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    return Script.model_validate(content)
