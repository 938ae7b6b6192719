"""Counsel logs: in the form that the workflow prescribes, refused while a section is pending, exported as written."""

from __future__ import annotations

import pytest

from orchestrator_tui.core.event import Draft
from orchestrator_tui.core.exports.counsel_log import counsel_log_files
from orchestrator_tui.core.schedule.forms import faults
from orchestrator_tui.core.schedule.judging import form_path
from orchestrator_tui.core.workflow import StageWork
from tests.core.pipelines import BUG, BUILT_IN, PRD, Pipelines

LOG = """\
# Fix Strategy Counsel — Auth token race condition on cold start

**Bug Report**: triage.md
**Fix Plan**: fix-plan.md
**Date**: 2026-09-21 14:13
**Iteration**: 1 of 2 (max)

---

## Round 1: Initial Reviews

### Reviewer A

#### Findings

1. [ROOT CAUSE CHALLENGE] — the lock is a symptom
   - **Evidence against**: the cache outlives it

#### Summary
- Issues: 0

### Reviewer B

1. [REGRESSION RISK] — every caller of token()

### Reviewer C

1. [DEEPER ROOT CAUSE] — cache TTL

---

## Round 2: Orchestrator Synthesis

### Agreements

none

### Conflicts

1. **Topic**: lock or TTL

### Gaps

none

### Root Cause Verdict

- **Confirmed root cause**: cache TTL

## Refined Fix Amendments

1. **Amendment 1**: set the TTL

## Final Verdict

**REQUIRES REWORK**

**Root Cause Confidence**: Medium
"""


def counsel(name: str) -> StageWork:
    return BUILT_IN[name].works[2]


def test_a_whole_log_has_no_fault() -> None:
    """[002-134]"""
    assert faults(LOG, counsel(BUG).form) == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("1. [DEEPER ROOT CAUSE] — cache TTL", "_Pending..._", "Reviewer C: is missing"),
        ("### Reviewer B", "### Another", "Reviewer B: is missing"),
        ("1 of 2 (max)", "3 of 2 (max)", "Iteration: '3 of 2 (max)' is none of 1 of 2 (max), 2 of 2 (max)"),
        ("**REQUIRES REWORK**", "**FINE**", "Final Verdict: 'FINE' is none of"),
        ("## Final Verdict\n\n**REQUIRES REWORK**\n", "", "Final Verdict: is missing"),
    ],
)
def test_a_log_that_is_not_whole_is_sent_back_with_what_it_lacks(old: str, new: str, fault: str) -> None:
    """Three voices, a synthesis, amendments, a verdict, at most two iterations; nothing may be left pending.

    [002-134] [002-135]
    """
    (found,) = faults(LOG.replace(old, new), counsel(BUG).form)
    assert found.startswith(fault)


def test_the_two_counsels_differ_in_the_words_of_their_source() -> None:
    """[002-136]"""
    assert "Curiosity Questions Resolved" in counsel(PRD).form
    assert "Root Cause Verdict" in counsel(BUG).form
    assert counsel(PRD).form["Final Verdict"] == "APPROVED | REQUIRES REWORK"
    assert counsel(BUG).form["Final Verdict"] == "APPROVED | REQUIRES REWORK | ROOT CAUSE REJECTED"


def test_the_log_is_exported_as_it_was_written() -> None:
    """[002-136]"""
    ledger = Pipelines()
    ledger.begin_at("fix-auth-race", 3)
    assert counsel_log_files(ledger.batch, ledger.now) == []
    path = form_path(ledger.batch, ledger.track("fix-auth-race"), counsel(BUG))
    assert path.endswith("-fix-auth-race/counsel-log.md")
    ledger.must(Draft("artefact_read", {"track": "fix-auth-race", "path": path, "text": LOG}))
    (document,) = counsel_log_files(ledger.batch, ledger.now)
    assert (document.path, document.content) == ("counsel/fix-auth-race.md", LOG)
