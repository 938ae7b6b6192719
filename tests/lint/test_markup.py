"""The markup lint itself: it bites on each way to hand a widget foreign text, and leaves the safe ways alone."""

import pytest

from tests.lint.markup import markup_findings

UNSAFE = [
    "Static(gate.question)",
    "Label(f'{name}')",
    "Button(label=text)",
    "Option('a' + text)",
    "Option('%s' % text)",
    "Static(escape(text))",
    "Static('x' if late else text)",
    "Static(text, markup=True)",
    "RichLog(markup=True)",
    "app.notify(message)",
    "app.notify('done', title=name)",
    "self.border_title = name",
    "self.border_subtitle = f'{count} open'",
    "self.tooltip = text",
    "status.update(f'{count} open')",
    "status.update(str(count))",
    "status.update(', '.join(names))",
    "def show(status, text: str):\n    status.update(text)",
    "button.label = f'{name}'",
    "table.add_row('a', name)",
    "tabs.add_tab(name)",
    "tree.root.add(f'{name}')",
    "Static(Content.from_markup(text))",
    "Static(Content.from_text(text))",
    "Static('\\n'.join([Content('a')]))",
    "class Card(Static):\n    pass\nCard(text)",
    "class Card(Widget):\n    def render(self) -> RenderResult:\n        return self.text",
    "class Card(Widget):\n    def render(self):\n        return f'{self.text}'",
    "class Fact:\n    line: str\nclass Other:\n    line: Content\nStatic(fact.line)",
    "def show(text: str):\n    line = Content('a')\n    line = text\n    Static(line)",
    "for line in lines:\n    Static(line)",
    "Hit(1, f'{name}', act)",
    "DiscoveryHit('a', act, help=text)",
]
SAFE = [
    "Static('Gates')",
    "Static(Content(gate.question))",
    "Static(gate.question, markup=False)",
    "Label(Content.assemble((name, '$gate'), ' open'))",
    "Static(Content.from_markup('[b]$name[/b]', name=name))",
    "Static(Content.from_text(text, markup=False))",
    "Static(Content('a') + text)",
    "Static(Content('a').truncate(9))",
    "Static(Content('\\n').join(lines))",
    "Static('late' if late else 'early')",
    "HINT = 'press w'\nStatic(HINT)",
    "class Card(Widget):\n    HINT = 'press w'\n    def show(self):\n        return Static(self.HINT)",
    "class View:\n    title: Content\nStatic(view.title)",
    "def heading(view) -> Content: ...\nStatic(heading(view))",
    "def show(title: Content):\n    self.border_title = title",
    "def show(text):\n    line = Content(text)\n    Static(line)",
    "class Card(Widget):\n    def render(self) -> Content:\n        return self.content_of(self.gate)",
    "class Card(Widget):\n    def render(self) -> RenderResult:\n        return Content(self.text)",
    "seen.update(rows)",
    "digest.update(payload.encode())",
    "names.add(name)",
    "def note(name: str):\n    seen.add(name)",
    "app.notify(Content(text).plain, markup=False)",
]


@pytest.mark.parametrize("source", UNSAFE)
def test_text_that_would_be_markup_is_found(source: str) -> None:
    assert markup_findings({"example.py": source}) != []


@pytest.mark.parametrize("source", SAFE)
def test_text_that_is_content_passes(source: str) -> None:
    assert markup_findings({"example.py": source}) == []


def test_a_finding_names_file_line_and_text() -> None:
    assert markup_findings({"card.py": "\nStatic(gate.question)"}) == ["card.py:2: Static(gate.question)"]


def test_annotations_elsewhere_count() -> None:
    source = {"card.py": "status.update(gate.question)"}
    assert markup_findings(source) == []
    assert markup_findings(source, ["class Gate:\n    question: str"]) != []
