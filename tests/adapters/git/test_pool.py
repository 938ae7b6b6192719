"""A pool gives each slot to one track at a time, and gives none again that holds something."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator_tui.adapters.git import pool
from orchestrator_tui.adapters.git.errors import GitError
from orchestrator_tui.adapters.git.pool import Slot, acquire, health, init, release, release_of, reset, status
from orchestrator_tui.adapters.git.worktrees import listed
from tests.adapters.git.repositories import commit, head, run, write


@pytest.fixture
def root(trees: Path) -> Path:
    init(trees / "pool", 3)
    return trees / "pool"


def states(slots: tuple[Slot, ...]) -> list[str]:
    return [slot.state for slot in slots]


def test_a_slot_is_taken_once_and_cleared_when_merged(repo: Path, root: Path) -> None:
    slot = acquire(repo, root, "orch/b/one", "main", "one")
    assert (slot.name, slot.state, slot.base_sha) == ("wt-1", "busy", head(repo))
    assert acquire(repo, root, "orch/b/one", "main", "one") == slot == status(root)[0]
    with pytest.raises(GitError, match="one works in wt-1 already, on orch/b/one"):
        acquire(repo, root, "orch/b/other", "main", "one")
    commit(slot.path, {"one.txt": "1"})
    assert release(repo, root, "wt-1", "main").reason == "1 commit of orch/b/one is not in main"
    assert acquire(repo, root, "orch/b/two", "main", "two").name == "wt-2"
    run(repo, "merge", "--quiet", "--no-ff", "--no-edit", "orch/b/one")
    assert release(repo, root, "wt-1", "main") == Slot("wt-1", slot.path)
    assert not slot.path.exists()
    assert run(repo, "branch", "--list", "orch/b/one") == ""
    with pytest.raises(GitError, match="there is no slot 'wt-9'"):
        release(repo, root, "wt-9", "main")


def test_what_holds_work_is_not_given_again(repo: Path, root: Path) -> None:
    slot = acquire(repo, root, "orch/b/one", "main", "one")
    write(slot.path, {"half.txt": "half"})
    kept = release(repo, root, "wt-1", "main")
    assert (kept.state, kept.reason) == ("dirty", "files are not tracked: half.txt")
    assert states(reset(repo, root, 3, "main")) == ["dirty", "idle", "idle"]
    with pytest.raises(GitError, match=r"there already|checked out"):
        acquire(repo, root, "orch/b/one", "main", "one")
    assert acquire(repo, root, "orch/b/two", "main", "two").name == "wt-2"
    assert (slot.path / "half.txt").exists()
    assert "half.txt" in health(repo, root)[0].reason


def test_a_full_pool_says_so(repo: Path, root: Path) -> None:
    for number in range(3):
        acquire(repo, root, f"orch/b/t{number}", "main", f"t{number}")
    with pytest.raises(GitError, match="is free: 3 of 3 busy"):
        acquire(repo, root, "orch/b/more", "main", "more")


def test_slots_are_compared_with_what_is_there(repo: Path, root: Path) -> None:
    one = acquire(repo, root, "orch/b/one", "main", "one")
    two = acquire(repo, root, "orch/b/two", "main", "two")
    run(one.path, "switch", "--quiet", "--create", "elsewhere")
    run(repo, "worktree", "remove", "--force", "--force", str(two.path))
    write(root, {"wt-3/mine.txt": "mine"})
    seen = health(repo, root)
    assert [slot.reason for slot in seen] == [
        "it holds elsewhere, not orch/b/one",
        "it is no worktree of this repository any more",
        "it should be empty and is not",
    ]
    assert states(status(root)) == ["error"] * 3
    run(one.path, "switch", "--quiet", "orch/b/one")
    assert states(reset(repo, root, 3, "main")) == ["idle", "idle", "error"]
    assert (root / "wt-3" / "mine.txt").exists()


def test_an_idle_slot_whose_place_is_taken_is_passed_over(repo: Path, root: Path) -> None:
    write(root, {"wt-1/mine.txt": "mine"})
    assert acquire(repo, root, "orch/b/one", "main", "one").name == "wt-2"
    assert status(root)[0].state == "error"


def test_the_size_changes_only_over_free_slots(repo: Path, root: Path) -> None:
    assert len(reset(repo, root, 8, "main")) == 8
    for number in range(2):
        commit(acquire(repo, root, f"orch/b/t{number}", "main", f"t{number}").path, {"x.txt": str(number)})
    with pytest.raises(GitError, match="cannot shrink to 1: wt-2 is dirty"):
        reset(repo, root, 1, "main")
    assert len(reset(repo, root, 2, "main")) == 2
    for wrong in (0, 9):
        with pytest.raises(GitError, match="has 1 to 8 slots"):
            reset(repo, root, wrong, "main")
    with pytest.raises(GitError, match="has 2 slots, not 5"):
        init(root, 5)


def test_many_take_slots_at_once(repo: Path, trees: Path) -> None:
    init(trees / "pool", 8)

    def take(number: int) -> str:
        return acquire(repo, trees / "pool", f"orch/b/t{number}", "main", f"t{number}").name

    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(take, range(8)))
    assert sorted(names) == [f"wt-{number}" for number in range(1, 9)]
    assert len(listed(repo)) == 9


def test_what_was_kept_is_taken_up_again_by_its_owner_alone(repo: Path, root: Path) -> None:
    """[003-116]"""
    slot = acquire(repo, root, "orch/b/one", "main", "one")
    write(slot.path, {"half.txt": "half"})
    assert release(repo, root, "wt-1", "main").state == "dirty"
    again = acquire(repo, root, "orch/b/one", "main", "one", adopt=True)
    assert (again.name, again.state, again.reason) == ("wt-1", "busy", "")
    assert (again.path / "half.txt").read_text() == "half"


def test_a_release_told_twice_leaves_the_slot_to_whoever_has_it_now(repo: Path, root: Path) -> None:
    acquire(repo, root, "orch/b/one", "main", "one")
    gone = release_of(repo, root, "one", "main")
    assert gone is not None
    assert gone.state == "idle"
    acquire(repo, root, "orch/b/two", "main", "two")
    assert release_of(repo, root, "one", "main") is None
    assert [one.owner for one in status(root)] == ["two", "", ""]


def test_a_slot_that_a_person_has_cleared_is_free_again(repo: Path, root: Path) -> None:
    slot = acquire(repo, root, "orch/b/one", "main", "one")
    write(slot.path, {"half.txt": "half"})
    assert release(repo, root, "wt-1", "main").state == "dirty"
    run(repo, "worktree", "remove", "--force", "--force", str(slot.path))
    run(repo, "branch", "--quiet", "-D", "orch/b/one")
    assert acquire(repo, root, "orch/b/two", "main", "two").name == "wt-1"


def test_killed_while_taking_a_slot_the_same_call_finishes(
    repo: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*args: object, **more: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(pool, "create", killed)
        with pytest.raises(Killed):
            acquire(repo, root, "orch/b/one", "main", "one")
    assert states(status(root)) == ["busy", "idle", "idle"]
    assert acquire(repo, root, "orch/b/one", "main", "one").name == "wt-1"
    assert states(status(root)) == ["busy", "idle", "idle"]


def test_a_slot_whose_worktree_cannot_be_made_is_free_again(repo: Path, root: Path) -> None:
    run(repo, "branch", "orch/b/one")
    with pytest.raises(GitError, match="is there already and not of this batch"):
        acquire(repo, root, "orch/b/one", "main", "one")
    assert states(status(root)) == ["idle"] * 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "slots": []}', '{"version": 1, "slots": [{"name": "wt-2"}]}']
)
def test_a_damaged_file_is_told(root: Path, text: str) -> None:
    (root / "pool.json").write_text(text)
    with pytest.raises(GitError, match="is damaged"):
        status(root)


def test_a_file_that_names_another_place_is_not_believed(root: Path) -> None:
    data = json.loads((root / "pool.json").read_text())
    data["slots"][0]["path"] = "/etc"
    (root / "pool.json").write_text(json.dumps(data))
    assert status(root)[0].path == root / "wt-1"
    with pytest.raises(GitError, match="there is no pool"):
        status(root / "nowhere")
