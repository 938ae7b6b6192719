"""Reading an orch-agent command line: every fault in one line that names what was meant (DESIGN §4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orchestrator_tui.agent.stop import BAD_USAGE, Stop, nearest, quoted
from orchestrator_tui.agent.usage import Argument, Command

Values = dict[str, Any]
"""What was given, by name: texts, whole numbers, True for switches, lists where an option may repeat."""


def parse(command: Command, arguments: Sequence[str], stdin: Callable[[int], bytes]) -> Values:
    """The values on a command line; what was not given is not in them.

    Args:
        command: what it may hold.
        arguments: the words after the command's name.
        stdin: reads at most so many bytes of standard input, for a value given as ``-``.

    Raises:
        Stop: an unknown option, a missing or unfit value, one word too many.
    """
    options = {one.name: one for one in command.options}
    values: Values = {}
    words: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        option = options.get(name) if word.startswith("--") else None
        if option is None:
            raise _bad(command, f"unknown option {quoted(word)}{nearest(word, [f'--{one}' for one in options])}")
        if not option.metavar:
            if equals:
                raise _bad(command, f"--{name} takes no value")
            values[name] = True
            continue
        if not equals:
            if not rest:
                raise _bad(command, f"--{name} needs a value: --{name} {option.metavar}")
            value = rest.pop(0)
        _add(command, values, option, f"--{name}", value)
    _place(command, values, words)
    return _from_stdin(command, values, stdin)


def _place(command: Command, values: Values, words: Sequence[str]) -> None:
    for argument, word in zip(command.positionals, words, strict=False):
        _add(command, values, argument, argument.metavar, word)
    if len(words) > len(command.positionals):
        extra = quoted(words[len(command.positionals)])
        raise _bad(command, f"one word too many: {extra}; a text of several words goes in quotes")
    for argument in command.positionals[len(words) :]:
        if not argument.optional:
            raise _bad(command, f"{argument.metavar} is missing: {argument.help}")


def _add(command: Command, values: Values, argument: Argument, shown: str, text: str) -> None:
    value = text if argument.stdin and text == "-" else _checked(command, argument, shown, text)
    if argument.repeat:
        values.setdefault(argument.name, []).append(value)
    elif argument.name in values:
        raise _bad(command, f"{shown} is given twice")
    else:
        values[argument.name] = value


def _checked(command: Command, argument: Argument, shown: str, text: str) -> str | int:
    # A word of the command line that is no UTF-8 reaches us with lone surrogates, which no file could hold.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if argument.whole:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= argument.limit):
            raise _bad(command, f"{shown} takes a whole number from 0 to {argument.limit}, not {quoted(text)}")
        return int(text)
    if argument.choices and text not in argument.choices:
        known = ", ".join(argument.choices)
        raise _bad(command, f"{shown} takes {known}, not {quoted(text)}{nearest(text, list(argument.choices))}")
    if not text.strip():
        raise _bad(command, f"{shown} is empty")
    if len(text) > argument.limit:
        raise _bad(command, f"{shown} has {len(text):,} characters, more than the {argument.limit:,} allowed")
    return text


def _from_stdin(command: Command, values: Values, stdin: Callable[[int], bytes]) -> Values:
    arguments = [one for one in (*command.positionals, *command.options) if one.stdin and values.get(one.name) == "-"]
    if len(arguments) > 1:
        raise _bad(command, "standard input can be read only once; give - for one of them")
    for argument in arguments:
        shown = argument.metavar if argument in command.positionals else f"--{argument.name}"
        text = stdin(argument.limit * 4 + 4).decode("utf-8", "replace").rstrip("\n")
        values[argument.name] = _checked(command, argument, f"{shown} from standard input", text)
    return values


def _bad(command: Command, text: str) -> Stop:
    return Stop(BAD_USAGE, f"{command.name}: {text}")
