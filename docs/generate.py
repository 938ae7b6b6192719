"""Write the reference pages that are derived from the program, or check with `--check` that none is out of date."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from orchestrator_tui.resources import themes_directory

DOCS = Path(__file__).resolve().parent
GENERATED = "<!-- Written by `make docs`; change docs/generate.py instead. -->"

TOKEN_MEANINGS = {
    "accent": "the one colour of selection and focus",
    "selection": "the ground under the selected row",
    "gate": "a question that waits",
    "gate-stale": "a question that has waited too long",
    "risk-production": "a decision about production",
    "risk-failure": "a decision about a failure",
    "track-running": "a track at work: plain text",
    "track-waiting": "a track with an open gate",
    "track-done": "a finished track",
    "track-failed": "a failed track",
    "track-unknown": "a track of which nothing is known for now",
    "age": "how long something has lasted",
    "quiet": "what is healthy, past or secondary",
}


def themes_page() -> str:
    """The tokens of the shipped themes, one row each."""
    themes = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(themes_directory().glob("*.yaml"))}
    lines = [
        "# Themes",
        "",
        "Each theme is one YAML file: the fields of a Textual theme, and under `variables` the tokens of the cockpit.",
        "Colour never carries a meaning alone: a glyph and a word do.",
        "",
        f"| token | meaning | {' | '.join(themes)} |",
        "|---|---|" + "---|" * len(themes),
    ]
    for token, meaning in TOKEN_MEANINGS.items():
        colours = [f"`{theme.get(token) or theme['variables'][token]}`" for theme in themes.values()]
        lines.append(f"| `${token}` | {meaning} | {' | '.join(colours)} |")
    return "\n".join(lines) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/themes.md": themes_page,
}


def stale_pages(root: Path, pages: Mapping[str, Callable[[], str]] = PAGES) -> dict[Path, str]:
    """The pages below `root` that are missing or differ from what the program says, with the text they should have."""
    expected = {root / name: f"{GENERATED}\n\n{page()}" for name, page in pages.items()}
    return {
        path: text for path, text in expected.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def main(argv: Sequence[str]) -> int:
    """Write the stale pages; with `--check` only name them and return 1 when there are any."""
    if list(argv) not in ([], ["--check"]):
        sys.stderr.write("usage: docs/generate.py [--check]\n")
        return 2
    stale = stale_pages(DOCS)
    for path, text in stale.items():
        if argv:
            sys.stderr.write(f"out of date: {path.relative_to(DOCS.parent)}; run `make docs`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")
    return 1 if argv and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
