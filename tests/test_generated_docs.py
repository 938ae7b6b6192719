"""The generated reference pages say what the program says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

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
