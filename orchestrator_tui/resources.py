"""Where the data files that ship with the program are, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def themes_directory() -> Path:
    """The directory of the built-in themes, one YAML file each."""
    return _shipped("themes")


def sample_plans_directory() -> Path:
    """The directory of the sample plans, one YAML file each."""
    return _shipped("sample_plans")


def workflows_directory() -> Path:
    """The directory of the built-in workflows, one YAML file each."""
    return _PACKAGE / "workflows"


def skill_file() -> Path:
    """The skill that teaches an orchestrating Claude Code session our protocol."""
    return _PACKAGE / "skill" / "SKILL.md"


def _shipped(name: str) -> Path:
    # The wheel carries the top-level directory inside the package, under a leading underscore.
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
