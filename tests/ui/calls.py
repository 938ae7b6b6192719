"""Tool calls that wait for a person, as Claude Code asks them, for the tests of the screens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator_tui.core.bounds import bounded
from orchestrator_tui.core.model import Gate, State
from orchestrator_tui.core.normalise import digest
from orchestrator_tui.core.normalise_calls import call_questions
from orchestrator_tui.core.risk import assess
from tests.ui import states

SUGGESTIONS = [
    {
        "type": "addRules",
        "rules": [{"toolName": "Bash", "ruleContent": "pnpm test *"}],
        "behavior": "allow",
        "destination": "localSettings",
    },
    {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
]
COMMAND = "set -euo pipefail\ncd /shop && pnpm test --reporter=dot\nrm -rf coverage/"
PLAN = """# Cache the cart totals

The totals are recomputed on every request; 38 % of the time goes there.

1. Measure: a benchmark of `cart.total()` over 10,000 carts
2. Cache by cart version, never by time
3. Drop the cache on `cart.changed`

```python
@cached(key=lambda cart: (cart.id, cart.version))
def total(cart: Cart) -> Money:
    return sum(line.price for line in cart.lines)
```

## Not part of it

- the discount engine, which stays as it is
"""
LAYOUTS = [
    {
        "label": "Side by side",
        "description": "Both panels in sight",
        "preview": "+------+------+\n| list | card |\n+------+------+",
    },
    {
        "label": "Stacked",
        "description": "The list above the card",
        "preview": "+-------------+\n|    list     |\n+-------------+\n|    card     |\n+-------------+",
    },
]
QUESTIONS = [
    {"question": "How shall the panels stand?", "header": "Layout", "multiSelect": False, "options": LAYOUTS},
    {
        "question": "Which parts ship first?",
        "header": "Scope",
        "multiSelect": True,
        "options": [
            {"label": "Totals", "description": "the sum in the header"},
            {"label": "Taxes", "description": "by country"},
            {"label": "Vouchers", "description": "one a cart"},
        ],
    },
]


def call(tool: str, tool_input: dict[str, Any], suggestions: Any = None, *, place: int = 1) -> Gate:
    """The gate of a call, as its hook opens it."""
    found = call_questions(tool, tool_input, suggestions, "/shop")
    assert found is not None
    question = bounded(found.questions[place - 1])
    risk, why = assess(question, None)
    gate = states.gate("profile-share", question.question, asked=states.ago(0, 31), risk=risk, risk_why=why)
    return replace(gate, id=f"call-0a1b2c3d4e5f-{place}", question=question, digest=digest(question), asker="session-1")


def waiting(*gates: Gate) -> State:
    """ "Checkout hardening" with these gates and no others."""
    state = states.checkout()
    batch = replace(state.batches[states.BATCH], gates={gate.id: gate for gate in gates})
    return replace(state, batches={batch.id: batch})


BASH = call("Bash", {"command": COMMAND, "description": "Run the tests and clear the coverage"}, SUGGESTIONS)
ONE_LINE = call("Bash", {"command": "pnpm test", "timeout": 120_000}, SUGGESTIONS)
EDIT = call(
    "Edit",
    {"file_path": "/shop/cart/sum.py", "old_string": "line 14\nline 15", "new_string": "line 14\nline 15, cached"},
    SUGGESTIONS[1:],
)
WRITE = call("Write", {"file_path": "/shop/cart/new.py", "content": "def total() -> int:\n    return 0\n"})
TOOL = call(
    "mcp__github__create_issue", {"title": "Totals are slow", "labels": ["bug", "cart"], "body": "Steps:\n1. open"}
)
APPROVAL = call("ExitPlanMode", {"plan": PLAN, "planFilePath": "/home/ada/.claude/plans/x.md"})
LAYOUT = call("AskUserQuestion", {"questions": QUESTIONS})
SCOPE = call("AskUserQuestion", {"questions": QUESTIONS}, place=2)
