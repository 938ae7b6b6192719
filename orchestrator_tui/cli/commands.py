"""The commands of ``orch-tui``: name, module, arguments in short, and what each does; nothing is imported for it."""

COCKPIT = "cockpit"
"""The command that is meant when none is named."""

COMMANDS = {
    "demo": ("demo", "[--headless]", "three scripted agents in a real repository; no account needed"),
    "check": ("check", "PLAN", "what a plan would do: conflicts, waves, cost; nothing is created"),
    "convert": ("convert", "FILE [-o PLAN]", "a file of another system as a plan of ours"),
    "run": ("run", "PLAN", "start a plan: worktrees, agents, gates, merges, report"),
    "attach": ("attach", "[BATCH]", "the cockpit on a run; its host is started again where none lives"),
    "list": ("list", "", "the batches of this repository"),
    "status": ("status", "[BATCH]", "tracks, stages and counts of one batch"),
    "gates": ("gates", "[--all]", "the questions that wait, most urgent first"),
    "decide": ("decide", "GATE OPTION", "answer a question"),
    "tell": ("tell", "TRACK TEXT", "send a message to a track's agent"),
    "pause": ("control", "[TRACK]", "begin nothing new, in a track or in the whole batch; --now stops agents"),
    "resume": ("control", "[TRACK]", "go on with what was paused"),
    "cancel": ("control", "[TRACK]", "give a track up, or stop the whole batch; nothing is deleted"),
    "retry": ("control", "TRACK", "try the stage at hand, or a track that failed, again"),
    "rescue": ("control", "TRACK", "end a stuck agent and give the rest of its work to a fresh one"),
    "skip": ("control", "TRACK STAGE", "ask to skip a stage: a question shows the risk first"),
    "nudge": ("nudge", "TRACK", "ask a track's agent which stage it is on"),
    "publish": ("control", "[BATCH]", "ask to bring the integrated work onto the base branch"),
    "add": ("add", "PLAN --to BATCH", "more tracks for a batch under way; conflicts are looked for again"),
    "report": ("report", "[BATCH]", "what a batch or a track did, as text, md, json or html"),
    "worktrees": ("worktrees", "", "our worktrees, what is in them; --clean NAME removes what is safe"),
    "pool": ("pool", "ACTION [NAME]", "a pool of worktrees by hand: init, acquire, release, status, merge …"),
    "replay": ("replay", "BATCH|FILE", "a batch again, on the same screens or as text and pictures"),
    "export": ("export", "BATCH [-o FILE]", "one batch as one file"),
    "import": ("importing", "FILE", "add an exported batch to this repository's journal"),
    "verify": ("verify", "BATCH|FILE", "prove that a batch or an exported file is as it was written"),
    "connect": ("connect", "claude", "let Claude Code's agents ask and hear you; shows what it changes"),
    "disconnect": ("disconnect", "claude", "take that back, to the byte"),
    "doctor": ("doctor", "", "what is watched, what is missing, and the exact fix"),
    "keys": ("keys", "", "every key of the cockpit, as it is set"),
    "themes": ("themes", "", "the themes there are"),
    "locate": ("locate", "", "where journal, settings and task lists are"),
}
"""Command → (module below ``orchestrator_tui.cli``, its arguments in short, what it does), in the order of the help."""

CLAIM = "Every question your agents ask, in one queue; every answer proven to arrive; every batch replayable."


def usage() -> str:
    """What ``orch-tui --help`` prints."""
    lines = [
        "usage: orch-tui [REPO | --all] [--tasks DIR] [--stale-after SECONDS]",
        "       orch-tui COMMAND [ARGUMENT ...]",
        "",
        CLAIM,
        "",
        "Without a command, the cockpit opens on the repository at REPO (this directory by default),",
        "or with --all on every repository of this machine.",
        "",
        "commands:",
    ]
    for name, (_, arguments, summary) in COMMANDS.items():
        lines.append(f"  {(name + ' ' + arguments).rstrip():<24}{summary}")
    lines += [
        "",
        "  -h, --help              this text; `orch-tui COMMAND --help` tells more",
        "  --version               the version",
        "",
        "Data goes to stdout, words to stderr. Exit codes: 0 done, 1 findings or unfinished, 2 bad usage or bad input,",
        "3 refused.",
    ]
    return "\n".join(lines) + "\n"
