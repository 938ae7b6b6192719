"""Looking only where a pattern can match finds what looking everywhere finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.scope import expand
from orchestrator_tui.plan.tree import Tree
from tests.plan.samples import FILES

names = st.sampled_from(["a", "b", "ab", "a.py", "a-b", "a0", ".x", "[b].py"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
parts = st.one_of(names, st.sampled_from(["*", "**", "?", "a*", "*.py", "[ab]", "./a", "", "[b].py"]))
patterns = st.lists(parts, min_size=1, max_size=4).map("/".join)


@given(st.lists(paths, max_size=20), patterns)
def test_a_tree_finds_what_a_scan_finds(files: list[str], pattern: str) -> None:
    tree = Tree(files)
    assert tree.under(pattern) == expand((pattern,), sorted(set(files)))


def test_what_a_pattern_may_have_meant() -> None:
    tree = Tree(FILES)
    assert tree.meant("src/limts/**") == "src/limits/**"
    assert tree.meant("src/billing/date.py") == "src/billing/dates.py"
    assert tree.meant("scr/limits/*.py") == "src/limits/*.py"
    assert tree.meant("READ.md") == "README.md"
    for nothing in ("**/x", "new/thing.py", "src/limits/*.md", "scr/limts/**"):
        assert tree.meant(nothing) == ""
