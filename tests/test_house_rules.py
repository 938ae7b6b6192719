"""Rules of this project that no general tool checks, each proved to bite on an example."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from orchestrator_tui.resources import workflows_directory
from tests.lint.markup import markup_findings

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "orchestrator_tui"
MAP = ROOT / "docs" / "map.md"
LONGEST_FILE = 400
WORKFLOW_NAMES = {"prd-to-pr", "bug-to-pr", "tracks", "chunks", "pool", "waves"}
# The words of the two lists below are put together here so that this file keeps to its own rule.
UNFINISHED = re.compile(r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
BLANKET_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[)")
SOURCE_OF_A_RULE = re.compile(r" \([^()]*(DESIGN|reference|reliability|seed|vocabulary|\b[A-Z]-\d)[^()]*\)(?=\.?$)")
# How many positional arguments each needs until its reason is among them.
SKIPS = {"pytest.skip": 1, "pytest.mark.skip": 1, "pytest.mark.skipif": 2, "pytest.mark.xfail": 2}


def python_files(*roots: str) -> list[Path]:
    return sorted(path for root in roots for path in (ROOT / root).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@lru_cache(maxsize=8)
def tree_of(source: str) -> ast.Module:
    return ast.parse(source)


def dotted(node: ast.AST) -> str:
    """The dotted name that an expression is, if it is one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def unfinished(source: str) -> list[int]:
    """Lines whose comment announces work instead of explaining it, or silences the type checker wholesale."""
    return [line for line, text in comments(source) if UNFINISHED.search(text) or BLANKET_IGNORE.search(text)]


def swallowed(source: str) -> list[int]:
    """Lines where every error is caught and none is handled."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or any(
                isinstance(part, ast.Name) and part.id in ("Exception", "BaseException") for part in ast.walk(node.type)
            )
            idle = all(
                isinstance(each, ast.Pass | ast.Continue | ast.Expr) and _says_nothing(each) for each in node.body
            )
            if broad and idle:
                found.append(node.lineno)
        elif (
            isinstance(node, ast.Call)
            and dotted(node.func).rpartition(".")[2] == "suppress"
            and any(dotted(each) in ("Exception", "BaseException") for each in node.args)
        ):
            found.append(node.lineno)
    return found


def _says_nothing(statement: ast.stmt) -> bool:
    return not isinstance(statement, ast.Expr) or isinstance(statement.value, ast.Constant)


def escapes(source: str) -> list[int]:
    """Lines that reach for the escape functions, which are no defence against markup."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            if not {"rich.markup", "textual.markup"}.isdisjoint(modules):
                found.append(node.lineno)
    return found


def workflow_branches(source: str, names: set[str]) -> list[int]:
    """Lines that decide something by the name of a shipped workflow.

    A hyphenated name is found wherever it is a whole string; the others are everyday words of this project, so they
    count only where something called workflow is compared with them or looked up by them.
    """
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Constant) and node.value in names and "-" in str(node.value):
            found.append(node.lineno)
        elif isinstance(node, ast.Compare | ast.Subscript | ast.Match):
            if names.isdisjoint(each.value for each in ast.walk(node) if isinstance(each, ast.Constant)):
                continue
            words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            words |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if any("workflow" in word.lower() for word in words):
                found.append(node.lineno)
    return found


def unexplained_skips(source: str) -> list[int]:
    """Lines that skip a test, or expect it to fail, without a reason to read."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Call) and dotted(node.func) in SKIPS:
            explained = len(node.args) >= SKIPS[dotted(node.func)]
            if not explained and not any(each.arg == "reason" for each in node.keywords):
                found.append(node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bare = {"pytest.mark.skip", "pytest.mark.xfail"}
            found += [each.lineno for each in node.decorator_list if dotted(each) in bare]
    return found


def map_line(module: str) -> str:
    """The line of docs/map.md for a module: the first sentence of its docstring, without the source of its rule."""
    docstring = ast.get_docstring(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))) or "…"
    first = re.split(r"(?<=[.!?])\s", " ".join(docstring.split()))[0].replace("``", "`")
    first = SOURCE_OF_A_RULE.sub("", first)
    return f"- `{module}` — {first}"


@pytest.mark.parametrize("path", python_files("orchestrator_tui", "tests", "docs"), ids=relative)
def test_a_file_keeps_the_house_rules(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_FILE, "split it: one concept a file"
    assert unfinished(source) == [], "comments that announce work, or blanket ignores"
    assert swallowed(source) == [], "errors caught and dropped"
    assert escapes(source) == [], "escaping is no defence: use Content"
    assert unexplained_skips(source) == [], "skips without a reason"


@pytest.mark.parametrize(
    "path", [path for path in python_files("orchestrator_tui") if "demo" not in path.parts], ids=relative
)
def test_nothing_branches_on_the_name_of_a_workflow(path: Path) -> None:
    names = WORKFLOW_NAMES | {file.stem for file in workflows_directory().glob("*.yaml")}
    assert workflow_branches(path.read_text(encoding="utf-8"), names) == []


def test_no_widget_is_given_foreign_text_as_markup() -> None:
    sources = {relative(path): path.read_text(encoding="utf-8") for path in python_files("orchestrator_tui/ui")}
    context = [path.read_text(encoding="utf-8") for path in python_files("orchestrator_tui/core")]
    assert markup_findings(sources, context) == []


def test_the_map_names_every_module_once() -> None:
    modules = [
        str(path.relative_to(PACKAGE)) for path in python_files("orchestrator_tui") if path.name != "__init__.py"
    ]
    mapped = re.findall(r"^- `([^`]+\.py)` — ", MAP.read_text(encoding="utf-8"), re.MULTILINE)
    missing = [map_line(module) for module in modules if module not in mapped]
    assert not missing, "add to docs/map.md:\n" + "\n".join(missing)
    assert sorted(mapped) == modules, "docs/map.md names a module twice, or one that is gone"


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (unfinished, "x = 1  # " + "TO" + "DO later"),
        (unfinished, "x = y  # type: " + "ignore"),
        (swallowed, "try:\n    act()\nexcept Exception:\n    pass"),
        (swallowed, "try:\n    act()\nexcept:\n    '''never mind'''"),
        (swallowed, "for x in y:\n    try:\n        act()\n    except (OSError, BaseException):\n        continue"),
        (swallowed, "with contextlib.suppress(Exception):\n    act()"),
        (escapes, "from rich.markup import escape"),
        (escapes, "def late():\n    import textual.markup"),
        (unexplained_skips, "pytest.skip()"),
        (unexplained_skips, "@pytest.mark.skip\ndef test_it(): ..."),
        (unexplained_skips, "@pytest.mark.skipif(True)\ndef test_it(): ..."),
    ],
)
def test_a_broken_rule_is_noticed(rule: object, source: str) -> None:
    assert callable(rule)
    assert rule(source) != []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (unfinished, "x = y  # type: ignore[attr-defined]"),
        (unfinished, "x = '# " + "TO" + "DO'"),
        (swallowed, "try:\n    act()\nexcept OSError:\n    pass"),
        (swallowed, "try:\n    act()\nexcept Exception as error:\n    report(error)"),
        (swallowed, "with contextlib.suppress(FileNotFoundError):\n    act()"),
        (unexplained_skips, "pytest.skip('no tmux here')"),
        (unexplained_skips, "@pytest.mark.skipif(True, reason='no tmux here')\ndef test_it(): ..."),
    ],
)
def test_a_kept_rule_is_not_noticed(rule: object, source: str) -> None:
    assert callable(rule)
    assert rule(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "name = 'bug-to-pr'",
        "if batch.workflow == 'waves': ...",
        "if workflow_name in ('pool', 'chunks'): ...",
        "match workflow.name:\n    case 'tracks': ...",
        "{'tracks': 1}[workflow]",
    ],
)
def test_branching_on_a_workflow_is_noticed(source: str) -> None:
    assert workflow_branches(source, WORKFLOW_NAMES) != []


@pytest.mark.parametrize("source", ["payload['tracks']", "panel == 'tracks'", "workflow.key == 'lead'", "'the pool'"])
def test_the_same_words_elsewhere_are_not_noticed(source: str) -> None:
    assert workflow_branches(source, WORKFLOW_NAMES) == []
