"""Finds text that Textual would read as markup: every non-constant string given to a widget must be `Content` (S-2).

Textual parses markup in the strings that widgets, notices, titles and options are given; text from an agent could then
raise an error or carry a click action that presses our own buttons. A string is accepted when it is a constant, when
it is a `Content`, or when the call says `markup=False`. Types are not inferred: what counts as `Content` is what is
called, annotated or assigned as such.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

# Widgets and parts of them, with the position of their text and the keyword it goes by.
CONSTRUCTORS: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Button": ((0,), ("label", "tooltip")),
    "Checkbox": ((0,), ("label", "tooltip")),
    "Collapsible": ((), ("title",)),
    "DiscoveryHit": ((0, 3), ("display", "help")),
    "Hit": ((1, 4), ("match_display", "help")),
    "Label": ((0,), ("content",)),
    "Link": ((), ("tooltip",)),
    "Option": ((0,), ("prompt",)),
    "Placeholder": ((0,), ("label",)),
    "RadioButton": ((0,), ("label", "tooltip")),
    "Selection": ((0,), ("prompt",)),
    "Static": ((0,), ("content",)),
    "Switch": ((), ("tooltip",)),
    "Tab": ((0,), ("label",)),
    "TabPane": ((0,), ("title",)),
    "Tree": ((0,), ("label",)),
}
METHODS: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "add_column": ((0,), ("label",)),
    "add_columns": (tuple(range(50)), ()),
    "add_leaf": ((0,), ("label",)),
    "add_option": ((0,), ("option",)),
    "add_row": (tuple(range(50)), ("label",)),
    "add_tab": ((0,), ("tab",)),
    "notify": ((0,), ("message", "title")),
    "render_str": ((0,), ("text_content",)),
    "replace_option_prompt": ((1,), ("prompt",)),
    "replace_option_prompt_at_index": ((1,), ("prompt",)),
    "set_label": ((0,), ("label",)),
    "update_cell": ((2,), ("value",)),
    "update_cell_at": ((1,), ("value",)),
    "with_tooltip": ((0,), ("tooltip",)),
}
# Names that other objects share (`dict.update`, a field called `label`): flagged only for evident strings.
SHARED_METHODS = frozenset({"update"})
SHARED_ATTRIBUTES = frozenset({"content", "label", "prompt"})
# A tree grows by `add`, and so do sets: the receiver's name tells.
TREE_NODES = frozenset({"branch", "node", "root", "tree"})
ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip"})

CONTENT_MAKERS = frozenset({"assemble", "blank", "empty", "from_rich_text", "styled"})
CONTENT_METHODS = frozenset(
    "add_spans append append_text center expand_tabs extend_right extend_style highlight_regex join pad pad_left "
    "pad_right right right_crop rstrip rstrip_end simplify stylize stylize_before truncate".split()
)
CONTENT_PROPERTIES = frozenset({"first_line", "without_spans"})
STRING_METHODS = frozenset(
    "capitalize center expandtabs format join ljust lower removeprefix removesuffix replace rjust rstrip strip title "
    "translate upper zfill".split()
)
OPEN_RENDER_TYPES = ("str", "RenderResult", "RenderableType", "VisualType", "ConsoleRenderable", "object", "Any")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Declarations:
    """What the annotations of all sources say about names: which are `Content`, which `str`, which something else."""

    content: set[str] = field(default_factory=set)
    text: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)
    widgets: dict[str, str] = field(default_factory=dict)

    def is_content(self, name: str) -> bool:
        return name in self.content and name not in self.text and name not in self.other

    def is_text(self, name: str) -> bool:
        return name in self.text and name not in self.content


def kind_of_annotation(annotation: ast.expr | None) -> str:
    """`content`, `text` or `other`, an optional one counted as what it is when present."""
    if annotation is None:
        return "other"
    written = ast.unparse(annotation).strip("'\"").removesuffix(" | None").removeprefix("None | ")
    return {"Content": "content", "str": "text"}.get(written.rpartition(".")[2], "other")


def worst_kind(*kinds: str) -> str:
    return next(kind for kind in ("text", "other", "content", "constant") if kind in kinds)


def last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def declarations(trees: Iterable[ast.Module]) -> Declarations:
    """Collect what is declared anywhere; a name declared in two ways counts as the more dangerous one."""
    found = Declarations(widgets={name: name for name in CONSTRUCTORS})
    classes: list[ast.ClassDef] = []
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, FunctionNode):
                getattr(found, kind_of_annotation(node.returns)).add(node.name)
            elif isinstance(node, ast.AnnAssign):
                getattr(found, kind_of_annotation(node.annotation)).add(last_name(node.target))
            elif isinstance(node, ast.ClassDef):
                classes.append(node)
            if isinstance(node, ast.Module | ast.ClassDef):
                found.constants |= set(constant_names(node.body))
    for _ in classes:
        for each in classes:
            bases = [found.widgets[name] for base in each.bases if (name := last_name(base)) in found.widgets]
            if bases and not any(isinstance(part, FunctionNode) and part.name == "__init__" for part in each.body):
                found.widgets[each.name] = bases[0]
    return found


def constant_names(body: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant):
            yield from (target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper())


class MarkupLint:
    """Checks one source against the declarations of all."""

    def __init__(self, tree: ast.Module, declared: Declarations) -> None:
        self.tree = tree
        self.declared = declared
        self.locals: dict[str, str] = {}

    def findings(self) -> list[tuple[int, str]]:
        """Line and reason of every string that would be read as markup."""
        functions = [node for node in ast.walk(self.tree) if isinstance(node, FunctionNode)]
        inside = {id(node) for function in functions for node in ast.walk(function)}
        found = {each for node in ast.walk(self.tree) if id(node) not in inside for each in self.check(node)}
        for function in functions:
            self.locals = self.local_kinds(function)
            found |= {each for node in ast.walk(function) for each in self.check(node)}
            found |= set(self.check_render(function))
        return sorted(found)

    def local_kinds(self, function: FunctionNode) -> dict[str, str]:
        """The kind of each parameter and variable: the worst of all that is ever assigned to it."""
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.locals = {each.arg: kind_of_annotation(each.annotation) for each in every}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.NamedExpr):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for name in (target.id for target in targets if isinstance(target, ast.Name)):
                    self.locals[name] = worst_kind(self.kind(node.value), self.locals.get(name, "constant"))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.locals[node.target.id] = kind_of_annotation(node.annotation)
            elif isinstance(node, ast.For | ast.comprehension):
                names = (part.id for part in ast.walk(node.target) if isinstance(part, ast.Name))
                self.locals |= dict.fromkeys(names, "other")
        return self.locals

    def check(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Call):
            yield from self.check_call(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and self.assigns_markup(target.attr, node.value):
                    yield node.lineno, f"{target.attr} = {ast.unparse(node.value)}"

    def assigns_markup(self, attribute: str, value: ast.expr) -> bool:
        if attribute in SHARED_ATTRIBUTES:
            return self.kind(value) == "text"
        return attribute in ATTRIBUTES and not self.is_safe(value)

    def check_call(self, call: ast.Call) -> Iterator[tuple[int, str]]:
        keywords = {each.arg: each.value for each in call.keywords if each.arg}
        markup = keywords.get("markup")
        if markup is not None:
            if not (isinstance(markup, ast.Constant) and markup.value is False):
                yield call.lineno, f"markup switched on: {ast.unparse(call)}"
            return
        name = last_name(call.func)
        if name == "from_markup" and not self.constant_first(call):
            yield call.lineno, f"markup from a variable: {ast.unparse(call)}"
        if ast.unparse(call.func) == "Content.from_text":
            yield call.lineno, f"Content.from_text without markup=False: {ast.unparse(call)}"
        for given in self.texts(call, name, keywords):
            if not self.is_safe(given):
                yield call.lineno, f"{name}({ast.unparse(given)})"
        if name in SHARED_METHODS and isinstance(call.func, ast.Attribute):
            yield from (
                (call.lineno, f"{name}({ast.unparse(given)})") for given in call.args[:1] if self.kind(given) == "text"
            )

    def texts(self, call: ast.Call, name: str, keywords: Mapping[str, ast.expr]) -> Iterator[ast.expr]:
        """The arguments of a call that a widget would read as markup."""
        if isinstance(call.func, ast.Attribute) and name in METHODS:
            positions, words = METHODS[name]
        elif isinstance(call.func, ast.Attribute) and name == "add" and last_name(call.func.value) in TREE_NODES:
            positions, words = METHODS["add_leaf"]
        elif name in self.declared.widgets:
            positions, words = CONSTRUCTORS[self.declared.widgets[name]]
        else:
            return
        yield from (call.args[position] for position in positions if position < len(call.args))
        yield from (keywords[word] for word in words if word in keywords)

    def check_render(self, function: FunctionNode) -> Iterator[tuple[int, str]]:
        """A `render` that may return a string returns markup."""
        written = ast.unparse(function.returns) if function.returns else "object"
        if function.name != "render" or not any(word in written.split(" | ") for word in OPEN_RENDER_TYPES):
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None and not self.is_safe(node.value):
                yield node.lineno, f"render returns {ast.unparse(node.value)}; annotate it as -> Content"

    def is_safe(self, node: ast.expr) -> bool:
        return self.kind(node) in ("content", "constant")

    def kind(self, node: ast.expr) -> str:
        """`content`, `constant`, `text` (evidently a string) or `other`."""
        match node:
            case ast.Constant():
                return "constant"
            case ast.JoinedStr():
                return "text"
            case ast.IfExp(body=first, orelse=second):
                return worst_kind(self.kind(first), self.kind(second))
            case ast.BoolOp(values=values):
                return worst_kind(*(self.kind(value) for value in values))
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Subscript(value=value):
                return self.kind(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                kinds = (self.kind(left), self.kind(right))
                # `Content + str` keeps the string plain.
                return "content" if "content" in kinds else worst_kind(*kinds)
            case ast.BinOp(left=left, op=ast.Mod()):
                return "text" if self.kind(left) in ("constant", "text") else "other"
            case ast.Name(id=name):
                return self.locals.get(
                    name, "constant" if name in self.declared.constants else self.declared_kind(name)
                )
            case ast.Attribute(attr=name):
                if name in CONTENT_PROPERTIES:
                    return "content"
                return "constant" if name in self.declared.constants else self.declared_kind(name)
            case ast.Call():
                return self.kind_of_call(node)
        return "other"

    def declared_kind(self, name: str) -> str:
        if self.declared.is_content(name):
            return "content"
        return "text" if self.declared.is_text(name) else "other"

    def kind_of_call(self, call: ast.Call) -> str:
        name = last_name(call.func)
        if name == "Content":
            return "content"
        if isinstance(call.func, ast.Attribute):
            owner = call.func.value
            if ast.unparse(owner) == "Content" and (name in CONTENT_MAKERS or name in ("from_markup", "from_text")):
                return "content"
            if name in CONTENT_METHODS and self.kind(owner) == "content":
                return "content"
            if name in STRING_METHODS:
                return "text"
        if name in ("str", "repr", "ascii", "format"):
            return "text"
        return self.declared_kind(name)

    @staticmethod
    def constant_first(call: ast.Call) -> bool:
        return bool(call.args) and isinstance(call.args[0], ast.Constant)


def markup_findings(sources: Mapping[str, str], context: Iterable[str] = ()) -> list[str]:
    """`name:line: reason` for every string in `sources` that would be read as markup.

    `context` holds the sources of other packages whose annotations say what their fields are.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    declared = declarations([*trees.values(), *(ast.parse(source) for source in context)])
    return [
        f"{name}:{line}: {reason}"
        for name, tree in trees.items()
        for line, reason in MarkupLint(tree, declared).findings()
    ]
