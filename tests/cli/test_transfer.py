"""`export`, `import` and `verify`: one file that stands for a batch, and every way it can be spoilt."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.scene import Scene, command, environment, make_repository, orch


@pytest.fixture
def exported(scene: Scene, tmp_path: Path) -> Path:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    scene.run("decide", "fix-auth", "yes")
    path = tmp_path / "batch.jsonl"
    ended = scene.run("export", scene.batch_id, "-o", str(path))
    assert (ended.code, ended.out) == (0, "")
    assert f"events of {scene.batch_id} to {path}" in ended.err
    return path


def test_a_file_goes_to_another_repository_and_back(scene: Scene, exported: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other")
    ended = orch("import", str(exported), cwd=other)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{scene.batch_id}: ")
    assert orch("import", str(exported), cwd=other).out.endswith("here already\n")
    assert orch("list", "--json", cwd=other).json() == scene.run("list", "--json").json()
    again = tmp_path / "again.jsonl"
    assert orch("export", scene.batch_id, "-o", str(again), cwd=other).code == 0
    assert again.read_bytes() == exported.read_bytes()


def test_stdout_gets_the_same_bytes(scene: Scene, exported: Path) -> None:
    ended = subprocess.run(
        command("export", scene.batch_id), cwd=scene.repository, env=environment(), capture_output=True, check=True
    )
    assert ended.stdout == exported.read_bytes()


def test_intact(scene: Scene, exported: Path) -> None:
    by_file, by_batch = scene.run("verify", str(exported), "--json"), scene.run("verify", scene.batch_id, "--json")
    assert (by_file.code, by_batch.code) == (0, 0)
    found = by_file.json()
    assert list(found) == ["batch", "intact", "truncated", "events", "head", "first_bad", "reason"]
    assert found == by_batch.json()
    assert (found["intact"], found["first_bad"], found["events"]) == (True, None, len(scene.kinds()))
    assert "intact" in scene.run("verify", scene.batch_id).out


def test_one_changed_byte_names_the_event(scene: Scene, exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    place = next(index for index, line in enumerate(lines) if b"gate_decided" in line)
    seq = json.loads(lines[place])["seq"]
    lines[place] = lines[place].replace(b'"label":"yes"', b'"label":"yas"')
    exported.write_bytes(b"".join(lines))
    ended = scene.run("verify", str(exported), "--json")
    assert ended.code == 2
    assert ended.json()["first_bad"] == {"seq": seq, "kind": "gate_decided"}
    told = scene.run("verify", str(exported))
    assert (told.code, told.out, f"event {seq}" in told.err) == (2, "", True)
    other = make_repository(exported.parent / "other")
    refused = orch("import", str(exported), cwd=other)
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert orch("list", "--json", cwd=other).json() == {"batches": []}


def test_a_file_that_was_cut_short_says_so(scene: Scene, exported: Path) -> None:
    whole = exported.read_bytes()
    exported.write_bytes(whole[: len(whole) - 40])
    ended = scene.run("verify", str(exported), "--json")
    assert (ended.code, ended.json()["intact"], ended.json()["truncated"]) == (1, False, True)
    other = make_repository(exported.parent / "other")
    kept = orch("import", str(exported), cwd=other)
    assert (kept.code, kept.out.startswith(scene.batch_id), kept.err != "") == (1, True, True)


def test_another_history_of_the_same_batch_is_refused(scene: Scene, exported: Path) -> None:
    scene.run("tell", "fix-auth", "go on")
    ended = scene.run("import", str(exported))
    assert (ended.code, "another history" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("export",), "name the BATCH to export"),
        (("export", "nothing"), "there is no batch 'nothing'"),
        (("export", "tasks", "-o", "missing/x.jsonl"), "cannot write missing/x.jsonl: No such file or directory"),
        (("export", "tasks", "--salvage", "x"), "--salvage writes every batch"),
        (("import", "batch.jsnl"), "there is no file batch.jsnl"),
        (("import", "."), ". is not a file"),
        (("import", "noise"), "noise"),
        (("verify", "noise"), "noise"),
        (("verify", "."), ". is not a file"),
        (("verify", "nothing"), "there is no batch 'nothing'"),
    ],
)
def test_bad_input_is_one_line(scene: Scene, arguments: tuple[str, ...], told: str) -> None:
    scene.ask(1, "fix-auth", "Keep it?")
    scene.watch()
    (scene.repository / "noise").write_bytes(bytes(range(256)) * 8)
    ended = scene.run(*arguments)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1), ended.err
    assert told in ended.err


def test_a_damaged_journal_is_named_and_salvaged(scene: Scene, exported: Path, tmp_path: Path) -> None:
    database = scene.place.directory / "journal.db"
    spoilt = database.read_bytes().replace(b"Keep it?", b"Kept it?")
    database.write_bytes(spoilt)
    opened = scene.kinds().index("gate_opened") + 1
    told = scene.run("verify", scene.batch_id, "--json")
    assert (told.code, told.json()["first_bad"]) == (2, {"seq": opened, "kind": "gate_opened"})
    ended = scene.run("export", "--salvage", str(tmp_path / "saved"))
    assert (ended.code, f"{scene.batch_id}: {opened - 1} events to" in ended.err) == (1, True)
    (saved,) = (tmp_path / "saved").iterdir()
    assert scene.run("verify", str(saved), "--json").json()["events"] == opened - 1
    assert database.read_bytes() == spoilt


def test_salvage_of_an_intact_journal_loses_nothing(scene: Scene, exported: Path, tmp_path: Path) -> None:
    ended = scene.run("export", "--salvage", str(tmp_path / "saved"))
    assert ended.code == 0
    (saved,) = (tmp_path / "saved").iterdir()
    assert scene.run("verify", str(saved)).code == 0
