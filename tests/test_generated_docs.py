"""The generated reference pages say what the program says."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from docs.pages import KIND_MEANINGS, SETTING_MEANINGS, VARIABLES, keys_page, settings_page
from docs.tables import LIMIT_MEANINGS, TABLES
from orchestrator_tui.core.event import KINDS
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.ui.actions import ACTIONS
from orchestrator_tui.ui.settings import Settings
from orchestrator_tui.ui.settings_file import LIMITS

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_page_is_out_of_date(generate: ModuleType) -> None:
    stale = generate.stale_pages(DOCS)
    assert [str(path.relative_to(DOCS)) for path in stale] == [], "run `make docs`"


def test_no_table_is_out_of_date(generate: ModuleType) -> None:
    stale = generate.stale_tables(DOCS)
    assert [str(path.relative_to(DOCS)) for path in stale] == [], "run `make docs`"


def test_every_table_stands_in_a_page() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    assert [name for name in TABLES if f"<!-- table {name}, written by `make docs` -->" not in text] == []


def test_a_table_is_filled_between_its_marks_and_nowhere_else(generate: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table ages, written by `make docs` -->\nold\n<!-- end of ages -->\nafter\n", "utf-8")
    (stale,) = generate.stale_tables(tmp_path, {"ages": lambda: "| 5 |"}).values()
    assert stale.splitlines() == [
        "before",
        "<!-- table ages, written by `make docs` -->",
        "",
        "| 5 |",
        "",
        "<!-- end of ages -->",
        "after",
    ]
    page.write_text(stale, "utf-8")
    assert generate.stale_tables(tmp_path, {"ages": lambda: "| 5 |"}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "<!-- table agse, written by `make docs` -->\n<!-- end of agse -->\n",
        "<!-- table ages, written by `make docs` -->\nnever ended\n",
    ],
)
def test_a_table_that_cannot_be_filled_is_named(generate: ModuleType, tmp_path: Path, text: str) -> None:
    (tmp_path / "page.md").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"page\.md: there is no table 'ag"):
        generate.stale_tables(tmp_path, {"ages": lambda: ""})


def test_every_word_of_the_program_has_its_meaning() -> None:
    assert set(KIND_MEANINGS) == set(KINDS)
    assert set(LIMIT_MEANINGS) == {one.name for one in fields(Limits)}
    assert set(SETTING_MEANINGS) == {one.name for one in fields(Settings)}


def test_every_action_and_every_setting_stands_in_its_page() -> None:
    keys, settings = keys_page(), settings_page()
    assert [action.id for action in ACTIONS if f"`{action.id}`" not in keys] == []
    assert [name for name in (*LIMITS, *VARIABLES) if f"`{name}`" not in settings] == []


def test_every_variable_that_the_program_reads_is_explained() -> None:
    program = DOCS.parent / "orchestrator_tui"
    text = "\n".join(path.read_text(encoding="utf-8") for path in program.rglob("*.py"))
    read = set(re.findall(r"[\"'](ORCH_[A-Z_]+)[\"'=]", text))
    assert read - set(VARIABLES) == set()


def test_writing_a_page_makes_it_current(generate: ModuleType, tmp_path: Path) -> None:
    pages = {"page.md": lambda: "# Page\n"}
    (stale,) = generate.stale_pages(tmp_path, pages).items()
    stale[0].write_text(stale[1], encoding="utf-8")
    assert generate.stale_pages(tmp_path, pages) == {}


def test_a_changed_page_is_noticed(generate: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# By hand\n", encoding="utf-8")
    stale = generate.stale_pages(tmp_path, {"page.md": lambda: "# Page\n"})
    assert stale == {tmp_path / "page.md": f"{generate.GENERATED}\n\n# Page\n"}


def test_unknown_arguments_are_bad_usage(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err
