"""`report`: every form, to stdout or into a file, of a run, a track and a watched batch; and `status` of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator_tui.cli.journals import Place
from orchestrator_tui.cli.reporting import report_folder
from orchestrator_tui.core.model import Batch
from tests.cli.run_scene import run_of, store
from tests.cli.scene import Scene
from tests.cli.test_json_page import rows, section
from tests.cli.test_reading import BATCH as BATCH_SHAPE
from tests.cli.test_reading import TRACK, assert_shape
from tests.core.builders import BATCH
from tests.core.report.test_summary import mixed
from tests.core.run_builders import REPOSITORY, WORKTREES


@pytest.fixture
def reported(scene: Scene) -> Scene:
    store(scene, mixed())
    return scene


@pytest.mark.parametrize(
    ("form", "first"),
    [("text", "╔═"), ("md", "# Batch summary: Rate limiting batch"), ("json", "{"), ("html", "<!doctype html>")],
)
def test_every_form_goes_to_stdout(reported: Scene, form: str, first: str) -> None:
    ended = reported.run("report", BATCH, "--format", form)
    assert ended.code == 0
    assert ended.out.startswith(first)
    assert "fix-clock" in ended.out
    assert REPOSITORY not in ended.out
    assert WORKTREES not in ended.out


def test_a_file_is_written_in_the_form_that_its_name_says(reported: Scene) -> None:
    for name, first in (("r.html", "<!doctype"), ("r.md", "# Batch"), ("r.json", "{"), ("r", "╔")):
        ended = reported.run("report", BATCH, "-o", name)
        assert (ended.code, ended.out) == (0, "")
        assert f"wrote the report of {BATCH} to {name}" in ended.err
        assert (reported.repository / name).read_text("utf-8").startswith(first)


def test_one_track_has_a_report_of_its_own(reported: Scene) -> None:
    ended = reported.run("report", BATCH, "--track", "lim", "--format", "md")
    assert ended.out.startswith("# Track report: limiter\n")
    assert "fix-clock" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("report", "nothing"), "there is no batch 'nothing'"),
        (("report", BATCH, "--track", "limitr"), "there is no track 'limitr'; did you mean \"limiter\"?"),
        (("report", BATCH, "--format", "pdf"), "invalid choice: 'pdf'"),
        (("report", BATCH, "-o", "."), ". is not a file"),
        (("report", BATCH, "-o", "no/such/place.md"), "No such file or directory"),
    ],
)
def test_bad_input_is_one_line(reported: Scene, arguments: tuple[str, ...], told: str) -> None:
    ended = reported.run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err.splitlines()[0]


def test_without_any_batch_there_is_no_report(scene: Scene) -> None:
    assert "nothing was ever watched" in scene.run("report").err


def test_the_newest_batch_that_goes_on_is_meant_when_none_is_named(scene: Scene) -> None:
    scene.ask(1, "fix-auth", "Keep it?", ["yes", "no"])
    scene.watch()
    ended = scene.run("report")
    assert (ended.code, "Decision: Keep it?" in ended.out) == (0, True)


def test_the_page_names_the_fields_that_are_printed(reported: Scene) -> None:
    told = json.loads(reported.run("report", BATCH, "--format", "json").out)
    assert sorted(rows(section("report"))) == sorted(told)
    for name in (*told["measures"], *told["gates"][0], *told["checklist"][0]):
        assert f"`{name}`" in section("report"), name


def test_status_and_list_tell_of_a_run(reported: Scene) -> None:
    listed = next(one for one in reported.run("list", "--json").json()["batches"] if one["id"] == BATCH)
    assert_shape(listed, BATCH_SHAPE)
    assert (listed["kind"], listed["state"], listed["tracks"], listed["merged"]) == ("run", "running", 3, ["fix-clock"])
    found = reported.run("status", BATCH, "--json").json()
    for track in found["tracks"]:
        assert_shape(track, TRACK)
    docs = next(one for one in found["tracks"] if one["slug"] == "docs")
    assert (docs["state"], docs["depends_on"], docs["wave"]) == ("abandoned", ["limiter"], 1)
    assert docs["why"].startswith("given up")
    assert (found["run"]["phase"], found["run"]["integration"]) == ("running", "orch/list-1/integration")
    assert found["merged"] == ["fix-clock"]
    for name in found["run"]:
        assert f"`{name}`" in section("status"), name
    shown = reported.run("status", BATCH).out
    assert "merged into orch/list-1/integration: fix-clock" in shown
    assert run_of(reported).run is not None


def test_an_export_is_written_where_its_users_look_for_it(reported: Scene) -> None:
    """[002-74]"""
    ended = reported.run("report", BATCH, "--files", "dashboard", "-o", "out")
    assert (ended.code, ended.out, ended.err) == (0, "", "wrote out/dashboard.txt\n")
    assert (reported.repository / "out" / "dashboard.txt").read_text("utf-8").startswith("╔═")


def test_an_export_stands_with_the_batchs_reports_unless_a_folder_is_named(reported: Scene) -> None:
    ended = reported.run("report", BATCH, "--files", "dashboard")
    place = f".orch/reports/{BATCH}/dashboard.txt"
    assert (ended.code, ended.out, ended.err) == (0, "", f"wrote {place}\n")
    assert (reported.repository / place).read_text("utf-8").startswith("╔═")
    assert (reported.repository / ".orch" / ".gitignore").read_text("utf-8").startswith("*\n")
    assert not (reported.repository / "dashboard.txt").exists()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("dashbord",), "there is no export 'dashbord'; did you mean dashboard?"),
        (("xyz",), "there is no export 'xyz'; there are dashboard"),
        ((), f"{BATCH} names no exports; there are dashboard"),
    ],
)
def test_an_export_that_is_not_known_is_refused(reported: Scene, names: tuple[str, ...], told: str) -> None:
    ended = reported.run("report", BATCH, "--files", *names)
    assert ended.code == 2
    assert told in ended.err


@pytest.mark.parametrize("name", ["../out", "a/b", "..", ""])
def test_an_imported_batch_whose_id_is_a_path_gets_no_folder(tmp_path: Path, name: str) -> None:
    repository = tmp_path / "shop"
    repository.mkdir()
    place = Place(repository, repository, tmp_path, tmp_path)
    with pytest.raises(OSError, match="is no name for a folder"):
        report_folder(place, Batch(name, "Batch", "run", "running"))
    assert not list(repository.iterdir())
