"""Functions of this program as source text, together with everything that they use: for code that stands alone.

Only the text is read (through `ast`), so what is collected is what the program runs.
"""

import ast
import builtins
import importlib.util
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

OURS = "core"


@dataclass(frozen=True)
class Module:
    """A module's source: its lines, its statements by the names that they define, and where other names come from."""

    name: str
    lines: list[str]
    statements: dict[str, list[ast.stmt]]
    imports: dict[str, "Import"]

    def segment(self, node: ast.expr) -> str:
        """The node's own text, as `ast.get_source_segment` gives it, which splits the whole source on every call."""
        assert node.end_lineno is not None
        lines = [line.encode() for line in self.lines[node.lineno - 1 : node.end_lineno]]  # columns count bytes
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode()

    def text(self, statement: ast.stmt) -> str:
        """The statement's lines, with the comments beside and directly above it."""
        decorators = getattr(statement, "decorator_list", [])
        start = min(node.lineno for node in (statement, *decorators)) - 1
        while start and self.lines[start - 1].startswith("#"):
            start -= 1
        return "\n".join(self.lines[start : statement.end_lineno])


@dataclass(frozen=True)
class Import:
    """Where a name of a module comes from."""

    module: str
    name: str
    statement: str


@cache
def read(name: str) -> Module:
    """The module with this dotted name."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    module = Module(name, source.splitlines(), {}, {})
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            origin = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
            for alias in statement.names:
                words = f"{f'from {origin} ' if origin else ''}import {ast.unparse(alias)}"
                module.imports[alias.asname or alias.name] = Import(origin, alias.name, words)
            continue
        for defined in _defined(statement):
            module.statements.setdefault(defined, []).append(statement)
    return module


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return [node.id for target in targets if target for node in ast.walk(target) if isinstance(node, ast.Name)]


@dataclass
class Definitions:
    """Definitions of this program, each before its first use, and the imports that they need."""

    imports: set[str] = field(default_factory=set)  # statements
    texts: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # the text that defines a name
    seen: set[tuple[str, str]] = field(default_factory=set)  # modules and names

    def add(self, module: str, name: str) -> None:
        """Collect what defines the name in this module, after everything that it uses.

        Raises ValueError if another definition of the same name was collected before: the two would be mixed up.
        """
        if (module, name) in self.seen:
            return
        self.seen.add((module, name))
        source = read(module)
        if origin := source.imports.get(name):
            if origin.module.split(".")[0] == OURS:
                self.add(origin.module, origin.name)
            else:
                self.imports.add(origin.statement)
            return
        statements = source.statements.get(name, [])
        text = "\n".join(source.text(statement) for statement in statements)
        if not statements or self.names.get(name) == text:
            return
        if name in self.names:
            raise ValueError(f"Two definitions of {name} are needed, the second in {module}. Rename one of them.")
        self.names[name] = text
        for statement in statements:
            self.add_used(module, statement)
        if text not in self.texts:  # a statement may define two names
            self.texts.append(text)

    def add_used(self, module: str, node: ast.AST) -> None:
        """Collect everything of this module that the node uses."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and not hasattr(builtins, part.id):
                self.add(module, part.id)

    def add_field(self, module: str, key: str, name: str) -> str | None:
        """Collect a function from the record with this key; return what it is called. None if the record lacks it.

        A lambda becomes a function with the record's key before its name.
        """
        value = _field(read(module), key, name)
        if value is None:
            return None
        if isinstance(value, ast.Name):
            self.add(module, value.id)
            return value.id
        assert isinstance(value, ast.Lambda)
        self.add_used(module, value)
        body = read(module).segment(value.body)
        self.texts.append(f"def {key}_{name}({ast.unparse(value.args)}):\n    return {body}")
        return f"{key}_{name}"


def _field(module: Module, key: str, name: str) -> ast.expr | None:
    """The argument of this name in the call that makes the record."""
    for statements in module.statements.values():
        call = getattr(statements[0], "value", None)
        if isinstance(call, ast.Call):
            arguments = {keyword.arg: keyword.value for keyword in call.keywords}
            if isinstance(value := arguments.get("key"), ast.Constant) and value.value == key:
                return arguments.get(name)
    raise ValueError(f"{module.name} has no record with the key {key!r} at its top level. Move it there.")


__all__ = ["Definitions"]
