"""The commands of orch-agent as data: arguments, options, limits, and the help made from them."""

from __future__ import annotations

from typing import NamedTuple

STAGE_STATUSES = ("in_progress", "completed", "gate_blocked")
SEVERITIES = ("blocker", "concern", "follow-up", "nit")
RESULTS = ("pass", "fail", "partial", "skip")
CONFIDENCES = ("high", "medium", "low")
RISKS = ("low", "medium", "high", "check", "staging", "failure", "destructive", "critical", "production")
MAX_STAGE = 64
MAX_WAIT_S = 86_400


class Argument(NamedTuple):
    """One positional argument or ``--option`` of a command.

    Attributes:
        name: its key; options are written ``--<name>``.
        metavar: what stands for its value in the help; "" for a switch.
        help: one line.
        limit: most characters of its value (S-3).
        choices: the values that there are; () for any.
        whole: its value is a whole number from 0 to ``limit``.
        repeat: may be given several times.
        stdin: ``-`` reads it from standard input.
        optional: a positional argument that may be left out.
    """

    name: str
    metavar: str
    help: str
    limit: int = 200
    choices: tuple[str, ...] = ()
    whole: bool = False
    repeat: bool = False
    stdin: bool = False
    optional: bool = False


class Command(NamedTuple):
    """One command: what it takes and what it says of itself."""

    name: str
    summary: str
    positionals: tuple[Argument, ...]
    options: tuple[Argument, ...]
    examples: tuple[str, ...]
    notes: str = ""


_TRACK = Argument("track", "SLUG", "your own track; another's is refused", 63)
_STAGE = Argument("stage", "N", "number of the stage", MAX_STAGE, whole=True)

REPORT = Command(
    "report",
    "say which stage you are in",
    (),
    (
        _STAGE,
        Argument("name", "TEXT", "the stage's name", 120),
        Argument("status", "STATUS", "in_progress, completed or gate_blocked", choices=STAGE_STATUSES),
        Argument("progress", "TEXT", "what you are doing, in a few words", 200),
        Argument("branch", "NAME", "your branch", 200),
        Argument("worktree", "PATH", "your worktree", 4096),
        Argument("pr", "NUMBER|URL", "your pull request", 200),
        Argument("workflow", "NAME", "the workflow whose stages these are", 64),
        Argument("title", "TEXT", "the task's title, where its subject is not of the form [WF-N] …", 500),
        _TRACK,
    ),
    (
        "orch-agent report --stage 4 --progress 'tests green, writing docs'",
        "orch-agent report --stage 6 --status completed --pr 214",
    ),
)
ASK = Command(
    "ask",
    "put a question to a person; print the key of the chosen option",
    (
        Argument(
            "question",
            "QUESTION",
            "what is to be decided; - reads it from standard input",
            12_000,
            stdin=True,
            optional=True,
        ),
    ),
    (
        Argument("option", "KEY[=LABEL]", "one choice; give it once for each, at most 20", 480, repeat=True),
        Argument(
            "context",
            "TEXT",
            "what the person should know beside it; - reads it from standard input",
            12_000,
            stdin=True,
        ),
        Argument("recommend", "KEY", "the option that you recommend", 32),
        Argument("confidence", "LEVEL", "how sure you are: high, medium or low", choices=CONFIDENCES),
        Argument("risk", "RISK", "how bad a wrong answer is; it only raises", choices=RISKS),
        Argument("environment", "NAME", "dev, staging, production …", 32),
        Argument("stage", "N", "number of the stage; yours without it", MAX_STAGE, whole=True),
        Argument("wait", "SECONDS", "how long to wait for the decision; 0 without it", MAX_WAIT_S, whole=True),
        Argument("gate", "ID", "wait on for an earlier question instead of asking one", 200),
        Argument("json", "", "print everything known of the answer as one JSON object"),
        _TRACK,
    ),
    (
        "KEY=$(orch-agent ask 'Which cache?' --option lru='keep LRU' --option ttl='switch to TTL' --wait 600)",
        "orch-agent ask 'Deploy 1.4 to staging?' --option approve --option reject --recommend approve --risk staging",
        "orch-agent ask --gate task-3-stage-4 --wait 600",
    ),
    "Go on with work that does not depend on the answer; only the next stage waits for it.\n"
    "Exit codes: 0 decided · 4 nobody has decided yet · 5 withdrawn, changed or cancelled.",
)
NOTE = Command(
    "note",
    "leave a note in the journal",
    (Argument("text", "TEXT", "the note; - reads it from standard input", 4096, stdin=True),),
    (_TRACK,),
    ("orch-agent note 'the flaky test is known, see #41'",),
)
FINDING = Command(
    "finding",
    "record what a review found",
    (Argument("title", "TITLE", "the finding in one line", 200),),
    (
        Argument("severity", "SEVERITY", "blocker, concern, follow-up or nit", choices=SEVERITIES),
        Argument("detail", "TEXT", "more about it; - reads it from standard input", 4096, stdin=True),
        Argument("file", "PATH", "where it is", 500),
        Argument("line", "N", "in which line", 10_000_000, whole=True),
        Argument("confidence", "N", "how sure you are of it, from 0 to 100", 100, whole=True),
        Argument("of", "TRACK", "whose work it is about, from who reviews several tracks", 80),
        _TRACK,
    ),
    ("orch-agent finding --severity blocker 'token is logged' --file src/auth.py --line 88",),
)
CHECK = Command(
    "check",
    "record the result of a deterministic command",
    (
        Argument("name", "NAME", "what was checked", 120),
        Argument("result", "RESULT", "pass, fail, partial or skip", choices=RESULTS),
    ),
    (Argument("detail", "TEXT", "in a few words, why", 500, stdin=True), _TRACK),
    ("orch-agent check unit-tests pass --detail '212 passed'",),
)
FINISH = Command(
    "done",
    "complete your task; refused while a question of yours is open",
    (),
    (Argument("outcome", "TEXT", "what came of it", 200), _TRACK),
    ("orch-agent done --outcome 'merged as #214'",),
)
COMMANDS = {command.name: command for command in (REPORT, ASK, NOTE, FINDING, CHECK, FINISH)}

ENVIRONMENT = """\
Who you are comes from the environment, which your launcher sets:
  ORCH_TRACK       your track's slug
  ORCH_TASK        your task file, or
  ORCH_TASKS       the directory of your task list
  ORCH_REPOSITORY  the repository's main working tree; found from the current directory without it
  ORCH_HOME        where orch-tui keeps its state; the platform's state directory without it
"""


def overview() -> str:
    """The help of orch-agent itself."""
    lines = ["usage: orch-agent COMMAND [ARGUMENTS]   (orch-agent COMMAND --help tells more)", ""]
    lines += [f"  {command.name:<9}{command.summary}" for command in COMMANDS.values()]
    lines += ["", ENVIRONMENT, "examples:"]
    lines += [f"  {command.examples[0]}" for command in COMMANDS.values()]
    lines += [
        "",
        "exit codes: 0 done · 1 could not be done now · 2 bad usage or input · 3 refused · 4, 5: see ask --help",
    ]
    return "\n".join(lines) + "\n"


def help_of(command: Command) -> str:
    """The help of one command."""
    names = " ".join(f"[{one.metavar}]" if one.optional else one.metavar for one in command.positionals)
    rows = [(one.metavar, one.help) for one in command.positionals]
    rows += [(f"--{one.name} {one.metavar}".rstrip(), one.help) for one in command.options]
    lines = [f"usage: orch-agent {command.name} {names + ' ' if names else ''}[OPTIONS]", "", command.summary, ""]
    lines += [f"  {left:<22}{right}" for left, right in rows]
    lines += ["", command.notes] if command.notes else []
    lines += ["", "examples:", *(f"  {one}" for one in command.examples)]
    return "\n".join(lines) + "\n"
