"""House rules that no linter of ours knows, read from the syntax tree: what a slip in one line would open.

    python -m tools.check_rules

| rule | why |
|---|---|
| markup | Text becomes HTML by escaping, never by a promise: no `mark_safe`, `SafeString` only over constants of ours |
| sql | The first argument of execute and its like is a text of ours: a literal, or a name that is bound to literals |
| network | Whoever leaves the machine goes through `lib/outbound.py`; import-linter fences packages, this the standard library |
| template | Templates of models and users run in the sandbox of `llm/engine/templates.py` alone |
| unpack | No `extractall`: a member's name is a path, and its size a promise |
| chance | Tokens and codes come from `secrets`: no `random` where they are made |
| door | `AllowAny`, `csrf_exempt` and empty `authentication_classes` only where listed |

A line that must be otherwise says so and why: `# rule sql: the schema's name is a constant`. In the front ends `check_fences`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXCUSE = re.compile(r"#.*\brule (\w+): \S")

RUNS_SQL = {"execute", "executemany", "executescript", "raw", "extra", "RawSQL"}
CLIENTS = {
    "urllib.request",
    "http.client",
    "ftplib",
    "smtplib",
    "imaplib",
    "poplib",
    "telnetlib",
    "xmlrpc",
    "websockets",
}
CONNECTS = {"open_connection", "create_connection", "start_tls"}
MAY_CONNECT = ("backend/lib/outbound.py", "backend/chat/terminal/", "backend/llm/bench/", "backend/ops/bench/")
MAKES_SECRETS = (
    "backend/accounts/", "backend/webhooks/", "backend/lib/sealed.py", "backend/chat/sharing.py", "backend/ops/joining.py",
    "backend/ops/people.py",
)  # fmt: skip
# What anybody may call: registering and signing in, a shared copy, the key that signs exports, whether /v1 lives, an engine
# with its own token; and the page that says 404 to a POST, and what says 405 to it.
OPEN_DOORS = {
    "backend/accounts/views.py", "backend/chat/views_sharing.py", "backend/openai_api/views.py", "backend/ops/engine_views.py",
    "backend/chat_project/frontend.py", "backend/lib/safe_only.py", "backend/chat/views_export_key.py",
}  # fmt: skip


def main() -> int:
    problems = [problem for path in sources() for problem in problems_of(path)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"rules: {'ok' if not problems else f'{len(problems)} broken'}")
    return int(bool(problems))


def sources() -> Iterator[Path]:
    for path in sorted((ROOT / "backend").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if not {"tests", "migrations"} & set(path.parts) and not place.endswith("conftest.py"):
            yield path


def problems_of(path: Path) -> Iterator[str]:
    place = path.relative_to(ROOT).as_posix()
    for line, rule, why in problems_in(place, path.read_text(encoding="utf-8")):
        yield f"{place}:{line}: {rule}: {why}"


def problems_in(place: str, source: str) -> Iterator[tuple[int, str, str]]:
    """(line, rule, what is wrong) of the file at `place`, relative to the repository."""
    lines = source.splitlines()
    tree = ast.parse(source)
    literals = _literal_names(tree)
    for node in ast.walk(tree):
        for rule, why in _complaints(place, node, literals):
            first, last = node.lineno, getattr(node, "end_lineno", node.lineno)  # type: ignore[attr-defined]
            excused = {found[1] for text in lines[first - 1 : last] for found in EXCUSE.finditer(text)}
            if rule not in excused:
                yield first, rule, why


def _complaints(place: str, node: ast.AST, literals: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imports(place, node)
    elif isinstance(node, ast.Call):
        yield from _calls(place, node, literals)
    elif isinstance(node, ast.Name) and node.id in ("AllowAny", "csrf_exempt") and place not in OPEN_DOORS:
        yield "door", f"{node.id} is not among the open doors"
    elif isinstance(node, ast.Assign | ast.AnnAssign) and place not in OPEN_DOORS:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        is_empty = isinstance(node.value, ast.Tuple | ast.List) and not node.value.elts
        if is_empty and any(_name(target) in ("authentication_classes", "permission_classes") for target in targets):
            yield "door", "nobody is asked who they are"


def _imports(place: str, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    for client in CLIENTS:
        if any(name == client or name.startswith(client + ".") for name in names) and not place.startswith(MAY_CONNECT):
            yield "network", f"{client} is imported; lib/outbound.py is the door"
    if place.startswith(MAKES_SECRETS) and any(name.split(".")[0] == "random" for name in names):
        yield "chance", "random can be guessed; take secrets"
    if any(name in ("jinja2.Template", "jinja2.Environment") for name in names):
        yield "template", "a template outside the sandbox"


def _calls(place: str, node: ast.Call, literals: set[str]) -> Iterator[tuple[str, str]]:
    name = _name(node.func)
    if name == "mark_safe" or (name == "SafeString" and not (node.args and _is_literal(node.args[0], literals))):
        yield "markup", f"{name} says of a text that it is HTML"
    elif name in RUNS_SQL and node.args and _is_composed(node.args[0], literals):
        yield "sql", "a statement is put together here"
    elif name in CONNECTS and not place.startswith(MAY_CONNECT):
        yield "network", f"{name} opens a connection; lib/outbound.py is the door"
    elif name in ("Environment", "Template", "from_string") and "jinja2" in ast.dump(node.func):
        yield "template", "a template outside the sandbox"
    elif name == "extractall":
        yield "unpack", "names and sizes in an archive are its maker's"


def _is_composed(argument: ast.expr, literals: set[str]) -> bool:
    """Whether an SQL text is put together: formatted, added, or bound to anything but literals. Other objects are no text."""
    if isinstance(argument, ast.JoinedStr):
        inserted = [part.value for part in argument.values if isinstance(part, ast.FormattedValue)]
        return not all(_is_literal(value, literals) or _is_quoted(value) for value in inserted)
    if isinstance(argument, ast.Call):
        return _name(argument.func) in ("format", "join", "format_map", "replace")
    if isinstance(argument, ast.Name | ast.BinOp):
        return not _is_literal(argument, literals)
    return False


def _is_quoted(node: ast.expr) -> bool:
    """The name of a table or schema, quoted for its database."""
    return isinstance(node, ast.Call) and _name(node.func) in ("quote_name", "quoted")


def _is_literal(node: ast.expr, literals: set[str]) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_literal(node.left, literals) and _is_literal(node.right, literals)
    return isinstance(node, ast.Name) and node.id in literals


def _literal_names(tree: ast.AST) -> set[str]:
    """Names that this file binds to literals only: by assignment, or by a loop over a tuple of literals."""
    bound: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.arg):
            bound[node.arg] = False
            continue
        else:
            continue
        for target, value in pairs:
            if isinstance(target, ast.Name):
                bound[target.id] = bound.get(target.id, True) and isinstance(value, ast.Constant)
    return {name for name, is_literal in bound.items() if is_literal}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


if __name__ == "__main__":
    sys.exit(main())
