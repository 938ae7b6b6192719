"""Files that both sides only append to: both appendages to the byte, the integrated one first, or a conflict."""

from pathlib import Path

import pytest

from orchestrator_tui.adapters.git.bringing import bring
from orchestrator_tui.adapters.git.creating import create
from orchestrator_tui.adapters.git.joining import both
from orchestrator_tui.adapters.git.merging import Conflicted, Merged, merge
from orchestrator_tui.adapters.git.port import RunGit
from orchestrator_tui.adapters.memory import ManualClock
from orchestrator_tui.core.plan import PlannedTrack, Scope
from tests.adapters.git.repositories import commit, head, repository, run, write


@pytest.mark.parametrize(
    ("base", "first", "then", "made"),
    [
        (b"line\n", b"line\na\n", b"line\nb\n", b"line\na\nb\n"),
        (b"", b"a\n", b"b\n", b"a\nb\n"),
        (b"line\n", b"line\na\n", b"line\nb", b"line\na\nb"),
        (b"line\n", b"line\n\n## a\n", b"line\n\n## b\n", b"line\n\n## a\n\n## b\n"),
        (b"line\r\n", b"line\r\na\r\n", b"line\r\nb\r\n", b"line\r\na\r\nb\r\n"),
        (b"\xff\n", b"\xff\n\xfe\n", b"\xff\n\xfd\n", b"\xff\n\xfe\n\xfd\n"),
    ],
)
def test_what_each_side_appended_follows_the_other(base: bytes, first: bytes, then: bytes, made: bytes) -> None:
    assert both(base, first, then) == made


@pytest.mark.parametrize(
    ("base", "first", "then"),
    [
        (b"line\n", b"line\na\n", b"LINE\nb\n"),
        (b"line\n", b"a\nline\n", b"line\nb\n"),
        (b"line\n", b"line\na", b"line\nb\n"),
        (b"line", b"line\na\n", b"line\nb\n"),
        (b"line\n", b"line\n## Next\na\n", b"line\n## Next\nb\n"),
        (b"line\n", b"line\na\n---\n", b"line\nb\n---\n"),
        (b"line\n", b"line\n", b"line\nb\n"),
        (b"line\n", b"line\n\0\n", b"line\nb\n"),
    ],
    ids=["changed", "prepended", "no-end", "no-end-of-base", "same-title", "same-end", "nothing", "binary"],
)
def test_what_is_not_just_that_stays_a_conflict(base: bytes, first: bytes, then: bytes) -> None:
    assert both(base, first, then) is None


class Pair:
    """A shop whose integration branch and one track have both added to ``docs/LOG.md``, and more as is told."""

    def __init__(self, root: Path, mine: dict[str, str], tip: dict[str, str]) -> None:
        self.shop = repository(root / "shop")
        base = commit(self.shop, {"docs/LOG.md": "line\n", "docs/[id].md": "line\n", "run.sh": "line\n"})
        self.whole = create(self.shop, root / "trees" / "whole", "orch/b/whole", base, "orch-tui:b").path
        self.tree = create(self.shop, root / "trees" / "a", "orch/b/a", base, "orch-tui:b").path
        self.head = commit(self.tree, {"docs/LOG.md": "line\nmine\n", **mine})
        self.tip = commit(self.whole, {"docs/LOG.md": "line\ntheirs\n", "theirs.py": "pass\n", **tip})

    def merge(self, *files: str) -> Merged | Conflicted:
        return merge(self.whole, self.head, "Merge a", self.tip, lambda file: file in files)


def test_both_stay_in_the_merge_and_nothing_else_is_otherwise(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {"docs/[id].md": "line\nm\n", "mine.py": "pass\n"}, {"docs/[id].md": "line\nt\n"})
    write(tmp_path / "shop/.git/info", {"attributes": "* merge=binary\n"})
    made = pair.merge("docs/LOG.md", "docs/[id].md")
    assert isinstance(made, Merged)
    assert pair.merge("docs/LOG.md", "docs/[id].md") == made
    assert set(made.joined) == {"docs/LOG.md", "docs/[id].md"}
    assert (pair.whole / "docs/LOG.md").read_text() == "line\ntheirs\nmine\n"
    assert (pair.whole / "docs/[id].md").read_text() == "line\nt\nm\n"
    assert run(pair.whole, "status", "--porcelain") == ""
    assert run(pair.whole, "rev-list", "--parents", "--max-count=1", "HEAD").split()[1:] == [pair.tip, pair.head]
    changed = run(pair.whole, "diff", "--name-only", pair.tip, "HEAD").split()
    assert changed == ["docs/LOG.md", "docs/[id].md", "mine.py"]


@pytest.mark.parametrize("files", [(), ("other.md",)])
def test_a_file_that_may_be_changed_otherwise_is_never_joined(tmp_path: Path, files: tuple[str, ...]) -> None:
    pair = Pair(tmp_path, {}, {})
    assert pair.merge(*files) == Conflicted(("docs/LOG.md",))
    assert head(pair.whole) == pair.tip


def test_a_file_that_became_a_program_is_not_joined(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {"run.sh": "line\nmine\n"}, {})
    (pair.whole / "run.sh").chmod(0o755)
    pair.tip = commit(pair.whole, {"run.sh": "line\ntheirs\n"})
    assert pair.merge("docs/LOG.md", "run.sh") == Conflicted(("run.sh",))


def test_of_a_conflict_in_code_only_the_code_is_left_to_be_resolved(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {"run.sh": "mine\n"}, {"run.sh": "theirs\n"})
    assert pair.merge("docs/LOG.md") == Conflicted(("run.sh",))
    for _ in range(2):
        made = bring(pair.tree, pair.tip, "", lambda file: file == "docs/LOG.md")
        assert (made.result, made.files) == ("conflict", ("run.sh",))
        assert (pair.tree / "docs/LOG.md").read_text() == "line\ntheirs\nmine\n"
    made = bring(pair.tree, pair.tip, "ours", lambda file: file == "docs/LOG.md")
    assert (made.result, made.files, made.head) == ("taken", ("run.sh",), head(pair.tree))
    assert (pair.tree / "docs/LOG.md").read_text() == "line\ntheirs\nmine\n"
    assert (pair.tree / "run.sh").read_text() == "mine\n"


def test_what_can_be_joined_is_brought_without_a_conflict(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {}, {})
    assert bring(pair.tree, pair.tip, "", lambda file: True).result == "clean"
    assert (pair.tree / "docs/LOG.md").read_text() == "line\ntheirs\nmine\n"


def test_what_somebody_has_worked_at_is_not_joined_over(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {"run.sh": "mine\n"}, {"run.sh": "theirs\n"})
    bring(pair.tree, pair.tip)
    write(pair.tree, {"docs/LOG.md": "line\nmine and theirs\n"})
    assert bring(pair.tree, pair.tip, "", lambda file: True).files == ("docs/LOG.md", "run.sh")
    assert (pair.tree / "docs/LOG.md").read_text() == "line\nmine and theirs\n"


def test_a_side_that_was_taken_is_no_breach_until_somebody_changes_it(tmp_path: Path) -> None:
    pair = Pair(tmp_path, {}, {})
    made = bring(pair.tree, pair.tip, "ours")
    track = PlannedTrack("a", "A", "feature", "w", scope=Scope(owned=("mine.py",), append_only=("docs/LOG.md",)))
    port = RunGit("b", ManualClock())

    def outside(taken: dict[str, str]) -> tuple[str, ...]:
        return port.inspect("i", track, str(pair.tree), pair.tip, (), (), "", taken).outside

    breach = ("docs/LOG.md may only be appended to, and was changed otherwise",)
    taken = {"docs/LOG.md": made.head}
    assert (outside({}), outside(taken)) == (breach, ())
    commit(pair.tree, {"docs/LOG.md": "line\nmine\nand more\n"})
    assert outside(taken) == ()
    write(pair.tree, {"docs/LOG.md": "line\nmine\n"})
    assert outside(taken) == breach
    commit(pair.tree, {"docs/LOG.md": "other\n"})
    assert outside(taken) == breach
