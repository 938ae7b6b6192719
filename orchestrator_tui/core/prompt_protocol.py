"""How an agent reports, asks and ends: the reporting protocol of a dispatch prompt (seed 002, section E).

Every command and tool that is named here is one of ``orch-agent`` or ``orch-mcp`` as they are; a test reads each.
"""

from __future__ import annotations

from orchestrator_tui.core.live_rules import MOST_SURE, Sureness
from orchestrator_tui.core.model import Batch, Track
from orchestrator_tui.core.plan import BATCH_TRACK
from orchestrator_tui.core.prompt_parts import Part, Section, one_line, paragraphs
from orchestrator_tui.core.schedule.committing import has_committed
from orchestrator_tui.core.schedule.rules import RESOLVING, stage_name, stage_run, stage_work, workflow_of
from orchestrator_tui.core.workflow import StageWork

TOOLS = "report_stage, request_decision, pending_decisions, note and finding"

_ASKING = """\
What is not yours to decide is a GATE: a person answers it in their own queue. Ask:
  orch-agent ask 'what is to be decided, and why' --stage {stage} --option first='what it means' \
--option second='what it means' --context 'what the person should know' --recommend first --confidence medium
Say `--risk` and `--environment` where a wrong answer is dangerous or an environment is touched; recommend nothing for
production. Exit code 4 means that nobody has decided yet, and names the gate. Then CONTINUE with other substeps that do
not depend on the answer; do not stop and wait. Only the next stage waits for it.
The answer comes with your next use of a tool or of orch-agent, as the key of the chosen option, beside messages of the
person. When nothing else is left to do, wait for it:
  orch-agent ask --gate GATE-ID --wait 600
Silence, an error, a time limit or `pending` is never an approval, and nobody but the person answers. Exit code 5: the
question is over; do not act on it."""


def protocol(batch: Batch, track: Track) -> Section:
    """Section E: at every transition a report, every decision that is not the agent's own a gate."""
    run = stage_run(track)
    work = stage_work(batch, track, run.stage)
    # What is done beside the ladder is reported of the stage that the track is in.
    stage = run.stage if run.stage != RESOLVING else max(1, track.stage)
    name = stage_name(batch, track, stage)
    reporting = f"""\
Report when you begin, when you do something else, and when you are through. What you report is shown; the engine moves
the stages by what it finds.
  orch-agent report --stage {stage} --name '{_quotable(name)}' --status in_progress --progress 'what you do now'
  orch-agent report --stage {stage} --status completed --progress 'what is done'
What you decide yourself: orch-agent note 'what, and why'
What a check of yours says: orch-agent check NAME pass --detail 'in a few words'"""
    finding = (
        "Each finding: orch-agent finding --severity blocker 'in one line' --file PATH --line 1 --detail 'more'\n"
        "Severities: blocker (must be fixed), concern, follow-up, nit."
    )
    finding += _sureness(workflow_of(batch, track).sureness)
    tools = f"Over MCP the same are the tools {TOOLS} of the server orch-tui; use whichever you have."
    asking = _ASKING.format(stage=stage)
    texts = (reporting, finding if work.reviews else "", tools)
    return Section("E. Reporting protocol", (Part(paragraphs(*texts)), Part(asking)))


def _sureness(rules: Sureness) -> str:
    if not rules.least and not rules.enough:
        return ""
    return (
        f"\nSay of each how sure you are, from 0 to {MOST_SURE}: --confidence 90. Below {rules.least} it is left out, "
        f"from {rules.enough} on it counts as it says, between them it is only possible: a remark."
    )


def ending(batch: Batch, track: Track, work: StageWork) -> Section:
    """How the agent ends: what is committed, which word it ends with, and what "done" means."""
    before = _COMMITTED_BEFORE if work.writes and not work.commits and has_committed(batch, track) else ""
    return Section("How to end", (Part(paragraphs(_committing(track, work), before, _verdict(work), _done(track))),))


_COMMITTED_BEFORE = (
    "An agent of this track has committed in this worktree, where nothing is to be committed: a person looks at all of "
    "it together first. Leave those commits as they are, since others may have built on them, and make no more."
)


def _committing(track: Track, work: StageWork) -> str:
    never = "Never push, merge, rebase, or touch another branch or worktree; never change git's configuration or hooks."
    if not work.writes:
        if not work.artefacts:
            return f"Change no file and commit nothing. {never}"
        commit = "commit them alone" if work.commits else "commit nothing"
        return f"Write the artefacts of this stage, change no other file, and {commit}. {never}"
    if not work.commits:
        return f"Leave your changes in the worktree, and commit nothing. {never}"
    branch = one_line(track.branch, 200) or "the branch that is checked out"
    return (
        f"Commit everything on {branch} before you end, in small commits that say why; nothing may be left uncommitted "
        f"or untracked, or the stage is not accepted. {never}"
    )


def _verdict(work: StageWork) -> str:
    if not work.verdicts:
        return "End with exit code 0 when the stage is done, and with another when it is not; say why in a few words."
    words = "\n".join(
        f"  {one_line(word, 60)}  ({_MEANINGS.get(to, one_line(to, 60))})" for word, to in work.verdicts.items()
    )
    if "done" not in work.verdicts.values():
        return (
            "End with exit code 0 when the stage is done, without any of these words. Where one of them is true, end "
            f"with it instead, on a line of its own, the last that you write, and say why before it:\n{words}"
        )
    return (
        "End with exit code 0, and with exactly one of these words on a line of its own, the last that you write:\n"
        f"{words}\n" + ("Do not leave it out." if work.unsaid else "Without such a word the stage counts as not done.")
    )


_MEANINGS = {
    "done": "the stage is done and holds",
    "rework": "what you judged must be changed; your findings say what",
    "failed": "it could not be done",
    "blocked": "it cannot go on without a person",
    "partial": "some of it is done; say what is left",
    "follow_up": "it is good enough to go on; what you say becomes work of the next wave",
    "mismatch": "it is not what was wanted; a person says whether the plan still holds",
    "disputed": "you disagree with a finding and have left it as it is; your reason goes to the person, not to the "
    "reviewer",
}


def _done(track: Track) -> str:
    own = "the batch's" if track.slug == BATCH_TRACK else "the track's"
    return (
        '"Done" is a claim: artefacts, the diff against the scope, the checks and an independent reviewer decide. '
        f"Begin no other stage, do not complete {own} task, and leave no process behind."
    )


def _quotable(name: str) -> str:
    """A stage's name as it can stand in single quotes in a shell."""
    return one_line(name, 120).replace("'", "’").replace("\\", "")
