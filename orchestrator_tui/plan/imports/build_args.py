"""Build args of seed 001 as a plan: waves of chunks become tracks with their waves, tiers and dependencies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator_tui.plan.fields import read_switch
from orchestrator_tui.plan.imports.importer import Imported, Importer
from orchestrator_tui.plan.problems import WARNING, Problem, Unreadable, Wrong, has_errors, nearest_of, shown
from orchestrator_tui.plan.text import Document, parse

WORKFLOW = "chunks"
"""The workflow that a plan made of build args names."""

TIERS = ("haiku", "sonnet", "opus")
USUAL_TIER = "sonnet"
"""The tier of a chunk that names none, or one that nobody knows (later version of seed 001)."""

_KEYS = ("description", "plan", "testsRequired", "waves")
_CHUNK = {
    "id": "slug",
    "scope": "title",
    "files": "files",
    "model": "tier",
    "tests": "tests",
    "testScope": "test_scope",
    "opusReview": "deep_review",
    "dependsOn": "depends_on",
}
"""The keys of a chunk, and those of a plan's track that mean the same."""

_SWITCHES = ("tests", "opusReview")
_TITLE = 80


def recognises(path: Path, text: str) -> bool:
    """Whether a file holds build args: JSON whose waves are a list."""
    if not text.lstrip().startswith("{"):
        return False
    if path.name == "build-args.json":
        return True
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and "waves" in content and "tracks" not in content


def convert(text: str, file: str) -> Imported:
    """The plan that build args stand for; each chunk is a track of its own wave."""
    try:
        content = json.loads(text)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        return Imported(None, (Problem(file, line, "", "is no JSON"),))
    return _Reader(file, _lines(text)).plan(content)


def _lines(text: str) -> Document:
    """The places of a JSON text with their lines, as far as YAML can read it."""
    try:
        return parse(text)
    except Unreadable:
        return Document({}, {})


class _Reader:
    """One file on its way to a plan: its problems, and which line each place of the plan comes from."""

    def __init__(self, file: str, document: Document) -> None:
        self._file, self._document = file, document
        self._problems: list[Problem] = []
        self._lines: dict[str, int] = {"": 1}

    def plan(self, content: Any) -> Imported:
        if not isinstance(content, dict):
            return Imported(None, (Problem(self._file, 1, "", "must be an object with waves of chunks"),))
        self._known(content, _KEYS, "")
        description = self._text(content, "description", "")
        tracks = self._waves(content.get("waves"))
        if has_errors(self._problems):
            return Imported(None, tuple(self._problems))
        title = description.partition("\n")[0][:_TITLE].strip() or "Build"
        made: dict[str, Any] = {"title": title, "workflow": WORKFLOW, "describe": description}
        if content.get("plan"):
            made["outline"] = self._text(content, "plan", "")
        if "testsRequired" in content:
            made["tests_required"] = self._switch(content, "testsRequired", "")
        for ours, theirs in (("title", "description"), ("describe", "description"), ("outline", "plan")):
            self._lines[ours] = self._document.line(theirs)
        self._lines["tests_required"] = self._document.line("testsRequired")
        return Imported({**made, "tracks": tracks}, tuple(self._problems), self._lines)

    def _waves(self, waves: Any) -> list[dict[str, Any]]:
        if not isinstance(waves, list) or not waves:
            self._problem("waves", "must be a list of waves, each a list of chunks, and not empty")
            return []
        chunks: list[tuple[int, str, Mapping[str, Any]]] = []
        for number, wave in enumerate(waves):
            if not isinstance(wave, list) or not wave:
                self._problem(f"waves[{number}]", "must be a list of chunks, and not empty")
                continue
            for place, chunk in enumerate(wave):
                at = f"waves[{number}][{place}]"
                if isinstance(chunk, dict):
                    chunks.append((number, at, chunk))
                else:
                    self._problem(at, "must be an object")
        ids: dict[str, int] = {}
        for number, at, chunk in chunks:
            name = self._text(chunk, "id", at)
            if name in ids:
                self._problem(f"{at}.id", f"{shown(name)} is there already: ids are unique")
            elif name:
                ids[name] = number
        return [self._track(place, *one, ids) for place, one in enumerate(chunks)]

    def _track(
        self, place: int, wave: int, at: str, chunk: Mapping[str, Any], ids: Mapping[str, int]
    ) -> dict[str, Any]:
        self._known(chunk, tuple(_CHUNK), at)
        own = f"tracks[{place}]"
        self._lines[own] = self._document.line(at)
        made: dict[str, Any] = {"wave": str(wave + 1)}
        for theirs, ours in _CHUNK.items():
            if theirs in chunk:
                made[ours] = self._switch(chunk, theirs, at) if theirs in _SWITCHES else _written(chunk[theirs])
                self._lines[f"{own}.{ours}"] = self._document.line(f"{at}.{theirs}")
        made["brief"] = made.get("title", "")
        made["tier"] = self._tier(made.get("tier", USUAL_TIER), f"{at}.model")
        if "dependsOn" not in chunk:
            # Later version of seed 001: what names none depends on everything in earlier waves.
            made["depends_on"] = [name for name, number in ids.items() if number < wave]
        for name in chunk["dependsOn"] if isinstance(chunk.get("dependsOn"), list) else ():
            if name not in ids:
                self._problem(
                    f"{at}.dependsOn", f"there is no chunk {shown(str(name))}", nearest_of(str(name), ids, 0.5)
                )
        return made

    def _tier(self, tier: Any, key: str) -> str:
        if tier in TIERS:
            return str(tier)
        text = f"{shown(str(tier))} is none of {', '.join(TIERS)}: {USUAL_TIER} is taken"
        self._problem(key, text, nearest_of(str(tier), TIERS), level=WARNING)
        return USUAL_TIER

    def _text(self, content: Mapping[str, Any], key: str, at: str) -> str:
        place = f"{at}.{key}" if at else key
        value = content.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self._problem(place, "is missing" if value is None else "must be a text")
        return ""

    def _switch(self, content: Mapping[str, Any], key: str, at: str) -> str:
        """A switch as a plan file has it; one that is none is told under the key that it has here."""
        written = _written(content[key])
        try:
            read_switch(written)
        except Wrong as error:
            self._problem(f"{at}.{key}" if at else key, str(error), error.nearest)
            return "false"
        return str(written)

    def _known(self, content: Mapping[str, Any], keys: tuple[str, ...], at: str) -> None:
        for key in content:
            if key not in keys:
                place = f"{at}.{key}" if at else key
                self._problem(place, "is no key of build args", nearest_of(str(key), keys))

    def _problem(self, key: str, message: str, meant: str = "", level: str = "error") -> None:
        self._problems.append(Problem(self._file, self._document.line(key), key, message, meant, level))


def _written(value: Any) -> Any:
    """A value as a plan file would have it: texts, lists and mappings alone."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_written(one) for one in value]
    return value if value is None or isinstance(value, (str, dict)) else str(value)


BUILD_ARGS = Importer("build args", recognises, convert)
