"""The pages that are written from the program alone: keys, settings, event kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from docs.tables import table
from orchestrator_tui.core.event import GATE_KINDS, KINDS
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.ui.actions import ACTIONS, GROUPS, SCOPES, Action, keys_text
from orchestrator_tui.ui.settings import Settings
from orchestrator_tui.ui.settings_file import LIMITS, MAX_BYTES
from orchestrator_tui.ui.themes import names

SETTING_MEANINGS: Mapping[str, str] = {
    "theme": "a shipped theme, or the name of a file in the `themes` directory beside the settings",
    "keymap": "action to keys; see [keys](keys.md)",
    "ascii": "draw with ASCII only; without it the locale decides",
    "mouse": "take clicks and the wheel; without it the terminal's own selection works",
    "bell": "ring when a gate turns stale while the window has not the focus",
    "desktop_notices": "show a desktop notice when a gate turns stale",
    "terminal_title": "show the number of waiting gates in the terminal's title",
    "limits": "the clocks of batches that this cockpit is the first to keep; see [clocks](clocks.md)",
}

VARIABLES: Mapping[str, str] = {
    "ORCH_HOME": "our own state and, below `config`, the settings; without it the platform's directories",
    "ORCH_STALE_AFTER": "after how many seconds a gate is stale, as `--stale-after`; goes before the settings file",
    "ORCH_ASCII": "`1` draws with ASCII only, `0` does not; the setting `ascii` goes before it",
    "ORCH_FORCE_FILESYSTEM": "`1` puts the journal on a network file system all the same; it can be damaged there",
    "ORCH_DEBUG": "`1` shows where an error of orch-tui itself happened",
    "ORCH_TRACK": "for `orch-agent`: the slug of the caller's track; who has it set may not decide in its own batch",
    "ORCH_TASK": "for `orch-agent`: the caller's task file",
    "ORCH_TASKS": "for `orch-agent`: the directory of the caller's task list",
    "ORCH_REPOSITORY": "for `orch-agent`: the main working tree; without it, the one of the current directory",
    "ORCH_BATCH": "set for agents, checks and deploys of a run: the id of its batch",
    "ORCH_JOB": "set for everything that a run starts: by it what a job leaves behind is found",
    "ORCH_STAGE": "set for agents of a run: the number of their stage",
    "ORCH_ATTEMPT": "set for agents of a run: the id of their attempt, `a-<track>-<stage>-<entry>-<try>`",
    "ORCH_PURPOSE": "set for agents of a run: `implement`, `review`, `revise`, `rework`, `resolve` …",
    "ORCH_PART": "set for agents of a run that do one part of a stage beside others: the name of that part",
    "ORCH_SPEC": "set for agents of a run: the folder of their track's documents, below its worktree",
    "ORCH_SCOPE": "set for agents that are guarded: their `wave-scope.json`, by which hooks refuse paths and commands",
    "ORCH_SCOPE_ROOT": "set for agents that are guarded: the tree at which the paths of that file begin",
    "ORCH_BRANCH": "set for checks, setups and deploys of a run: the track's branch",
    "ORCH_SHA": "set for checks and deploys of a run: the commit that was merged, before the merge the track's head",
    "ORCH_ENVIRONMENT": "set for deploys of a run: the name of the environment",
    "CLAUDE_CONFIG_DIR": "Claude Code's directory; `~/.claude` without it",
    "CLAUDE_CODE_TASK_LIST_ID": "a task list below it that is followed, too",
    "CLAUDE_CODE_ENABLE_TODO_TOOLS": "Claude Code's own switch for its task tools; `connect claude` turns it on",
    "NO_COLOR": "set to anything, nothing is coloured",
}
"""Environment variables of ours, and those of others that are heeded; those of Claude Code's children left out."""

KIND_MEANINGS: Mapping[str, str] = {
    "batch_opened": "the first event of every batch: what it is, where, and the clocks it keeps",
    "batch_ended": "all tracks and all gates have come to their end",
    "batch_reopened": "work goes on after the end",
    "limits_set": "the first holder's clocks, where an agent opened the batch",
    "lease_taken": "a process became the holder",
    "lease_released": "the holder let go; a killed one writes none",
    "request_made": "a process without the lease asks the holder for something",
    "request_taken": "the holder took a request up, and what came of it",
    "track_added": "a task was seen for the first time",
    "track_changed": "a fact about a track changed: title, branch, worktree …",
    "track_moved": "a track changed its state",
    "track_reported": "an agent changed its task: this resets the silence clock",
    "stage_changed": "a stage began, waits, is done or is open again",
    "stages_skipped": "its agent says that stages were left out",
    "agent_seen": "which agent works on a track, in which state, by what evidence, and where it can be reached",
    "activity_seen": "the last thing seen of a track",
    "attempt_started": "an agent's process was started",
    "attempt_ended": "it ended",
    "cost_recorded": "money and tokens spent",
    "finding_added": "what a reviewer found",
    "finding_closed": "what became of a finding: `fixed`, `accepted` or `deferred`",
    "artefact_read": "what stands in an artefact whose form its workflow prescribes",
    "checkpoint_written": "where a track stands was written to files, so that somebody can go on from them",
    "check_recorded": "the result of a deterministic command",
    "note_added": "an agent left a note",
    "message_sent": "something was said to an agent",
    "message_delivered": "the message was written, or its agent read it: the evidence says which",
    "message_failed": "a way to tell it was in vain; it is tried again",
    "agent_asked": "a silent agent was asked what it is doing",
    "agent_liveness": "what is known of an agent, with its signs of life",
    "gate_opened": "a question was asked, or asked anew as the next revision",
    "gate_route_added": "a further way to its agent became known, or who asks by it now",
    "gate_decided": "the answer: options or text, reason, who, from where",
    "decision_undone": "the answer was taken back before it left",
    "decision_refused": "an answer that was not accepted, and why",
    "delivery_claimed": "one process is about to hand the answer over",
    "delivery_failed": "a route was tried in vain; `undelivered` when none is left",
    "decision_delivered": "the answer was handed over",
    "decision_acknowledged": "there is evidence that its agent took it",
    "gate_withdrawn": "its asker took the question back before an answer had left",
    "gate_cancelled": "a person or the engine ended it",
    "gate_expired": "it ended without an answer; never with an approval, never for production",
    "gate_answered_elsewhere": "it was answered at the agent's own terminal",
    "gate_nudged": "its agent was made to look by a way that proves nothing (tmux, an inbox), or why it could not be",
    "gate_cleared": "its asker took the ended question down: the same words are a new question from now on",
    "redelivery_asked": "a person asks to try every route again with the same answer",
    "gate_stale": "a warning: which one, how loud, how old the gate is",
    "gate_snoozed": "a person silenced its warnings for a while",
    "gate_risk_raised": "its agent declared a higher risk for the same question",
    "signal_raised": "something noticed, not said",
    "signal_cleared": "and no longer so",
    "plan_recorded": "the plan of a run as it was when it began; its file may change or go",
    "plan_checked": "what the check of the plan found: conflicts, waves, verdict, estimate",
    "conflicts_found": "which tracks share files with those that the run has made itself since the plan was checked",
    "workflow_recorded": "a workflow of the run, with all its rules",
    "track_planned": "what the plan says of a track: brief, scope, dependencies, checks",
    "batch_moved": "a run came into its next phase, and by whose word where it was a person's",
    "batch_paused": "a person paused the run: `drain` lets agents finish, `now` stops them",
    "batch_resumed": "the run goes on",
    "checkpoint_recorded": "how far a wave is: before and after it, before a failed try is made again, when too full",
    "copy_ready": "a second worktree at the track's head stands, for a stage that is done in a fresh copy",
    "copy_dropped": "it is gone, or kept and why",
    "concurrency_set": "so many agents may work at once from now on, and why",
    "models_chosen": "the model of each role, and what it was chosen by",
    "effect_begun": "something will be done to the world: recorded before it is done",
    "effect_ended": "it was done, has failed, or nobody can know",
    "attempt_stopping": "an agent is being stopped, and why",
    "tracks_dropped": "tracks that nothing was done for are no more: the batch is divided anew",
    "earlier_work_seen": "what of earlier work was there when the batch began, sign by sign",
    "worktree_ready": "a track's worktree stands and was verified, with the commit that it starts from",
    "worktree_kept": "a worktree was not removed, because of what would be lost",
    "worktree_removed": "it was clean and merged, so it went, with its branch",
    "agent_waits": "an agent of a run waits for the answer to this gate, or goes on without it (`gate` is empty)",
    "track_paused": "a track rests: for a person, a shared file, or a rate limit and until when",
    "track_resumed": "it goes on",
    "stage_entered": "a track entered a stage, and from which one it was led back, with what is to be put right",
    "stage_granted": "more tries than the workflow allows, or another look at what a person has put right",
    "stage_judged": "what was made of a try: `accepted`, `rejected`, `rework` or `asked`, with the problems",
    "work_inspected": "what git says of a worktree: files, those outside the scope, artefacts that are missing, tests",
    "rescue_recorded": "an agent that did not go on was replaced, or was not, and why",
    "checklist_recorded": "a gate's named items, each PASS or FAIL with the fact that it rests on",
    "merge_recorded": "a merge on the integration branch: `merged`, `conflict`, `checks_failed` or `undone`",
    "tip_brought": "what is merged already was brought into a track's worktree, to resolve a conflict there",
    "sides_seen": "both sides of the files that conflict",
    "deploy_recorded": "how a deploy to an environment went: `deployed`, `healthy`, `failed`, `declined` …",
    "published": "what was integrated is on the base branch",
    "base_seen": "where the base branch is now, and what that means for the work at hand: `pass`, `warn` or `block`",
    "base_brought": "what is new on the base branch was merged into the integration branch",
    "wave_ended": "a wave is over: its checks, what was planned against what came, and what the next one has otherwise",
    "baseline_seen": "the tree from which the waves start, and results of checks on it that earlier batches have kept",
    "changes_counted": "how many files the waves have changed by now, and those of dependencies by name",
    "results_kept": "results of checks on this commit are kept for later batches, or why they cannot be",
    "friction_seen": "files of earlier runs whose edits went wrong there, the latest first",
    "grounding_injected": "files with such a history that an agent is shown before it starts, with their lines",
    "isolation_set": "where the agents of a wave work: `track` each in a worktree, `batch` in one tree, and why",
    "untracked_seen": "untracked files of the person's tree before a wave that works there: `ok`, `warn` or `block`",
    "deviation_recorded": "something is done otherwise than planned, from which wave on, and why",
    "track_carried": "what a track has not got done goes on as another track of the next wave",
    "breaker_tripped": "an agent goes in circles, or on for too long: which pattern, how often, and what was done",
    "report_written": "the report was written, and of what state",
}


def keys_page() -> str:
    """Every action with its keys, by group, as the registry has them."""
    lines = [
        "# Keys",
        "",
        "Every key comes from one registry,",
        "which also feeds the footer, the help (`?`), the palette (`Ctrl+P`) and `orch-tui keys`.",
        "A key that cannot be used now says why when it is pressed.",
        "",
        "Remap an action by its id below `keymap:` in the [settings](settings.md); several keys are parted by blanks:",
        "",
        "```yaml",
        "keymap:",
        "  next-waiting: w ctrl+n",
        "```",
        "",
        "No action of the group *Decide* can be put on Esc.",
        "Two actions of one screen cannot share a key: such a remap is left out, and that is said.",
    ]
    for group in GROUPS:
        lines += ["", f"## {group}", ""]
        lines.append(table(("keys", "action", "where", "what it does"), _rows(group)))
    lines += [
        "",
        "Marked †: not in a replay, which is read-only.",
        "In a replay its own keys go before those of the main screen.",
    ]
    return "\n".join(lines) + "\n"


def _rows(group: str) -> list[tuple[str, str, str, str]]:
    return [
        (
            " ".join(f"`{key}`" for key in keys_text(action.keys).split(" ")),
            f"`{action.id}`" + (" †" if _changes(action) else ""),
            ", ".join(SCOPES[scope] for scope in SCOPES if scope in action.scopes),
            action.tooltip,
        )
        for action in ACTIONS
        if action.group == group
    ]


def _changes(action: Action) -> bool:
    return action.dangerous or "writable" in action.needs


def settings_page() -> str:
    """Every setting with its default, and the environment variables."""
    defaults = Settings()
    shown = {
        "keymap": "none",
        "ascii": "by the locale",
        "limits": "see below",
        "theme": f"`{defaults.theme}`",
    }
    rows = [
        (
            f"`{one.name}`",
            shown.get(one.name) or f"`{str(getattr(defaults, one.name)).lower()}`",
            SETTING_MEANINGS[one.name],
        )
        for one in fields(Settings)
    ]
    limits = [
        (f"`{key}`", f"`{getattr(Limits(), field) / unit:g}`", f"{least:g} to {most:g}", f"`{field}`")
        for key, (field, unit, least, most) in LIMITS.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "One YAML file; nothing needs it.",
            "`orch-tui locate` says where it is: `$ORCH_HOME/config/settings.yaml`,",
            "else `$XDG_CONFIG_HOME/orch-tui/settings.yaml`, else `~/.config/orch-tui/settings.yaml`,",
            "on macOS `~/Library/Application Support/orch-tui/settings.yaml`.",
            "",
            "A line that cannot be used is left out and named, with the nearest known word; the others still hold.",
            "`orch-tui doctor` shows the first such line, `orch-tui keys` all of them.",
            f"A file longer than {MAX_BYTES // 1024} KiB, or with YAML aliases, is not read at all.",
            "",
            table(("setting", "default", "meaning"), rows),
            "",
            f"Shipped themes: {', '.join(f'`{name}`' for name in names())}; their tokens are in [themes](themes.md).",
            "",
            "## Limits",
            "",
            "They stand below `limits:`; what they do is told in [clocks](clocks.md).",
            "A batch keeps its limits for good, so that a replay warns when the person was warned.",
            "A batch that `orch-agent` opened gets them from the first cockpit that keeps it.",
            "",
            table(("key", "default", "from … to", "clock"), limits),
            "",
            "```yaml",
            "theme: light",
            "bell: false",
            "keymap:",
            "  next-waiting: w ctrl+n",
            "limits:",
            "  gate_stale_minutes: 10",
            "```",
            "",
            "## Environment",
            "",
            table(("variable", "meaning"), [(f"`{name}`", meaning) for name, meaning in VARIABLES.items()]),
            "",
        ]
    )


def events_page() -> str:
    """Every kind of event with its fields."""
    names_of_kinds = list(KIND_MEANINGS)
    rows = []
    for kind in names_of_kinds:
        required, optional = KINDS[kind]
        rows.append(
            (
                f"`{kind}`" + (" ‡" if kind in GATE_KINDS else ""),
                KIND_MEANINGS[kind],
                " ".join(f"`{name}`" for name in required),
                " ".join(f"`{name}`" for name in optional),
            )
        )
    return "\n".join(
        [
            "# Event kinds",
            "",
            "Everything that is shown is a fold over these events.",
            "How they are stored, chained and exported is told in [journal](journal.md).",
            "The format is additive: fields that a reader does not know are kept,",
            "and a kind that it does not know makes its batch read-only.",
            "",
            "Names that end in `_ms` are milliseconds; those in `_wall_ms` count from the Unix epoch.",
            "",
            table(("kind", "when", "fields", "fields that may be missing"), rows),
            "",
            "Marked ‡: changes a gate; each is one compare-and-set on the gate's row, by whatever process.",
            "",
        ]
    )
