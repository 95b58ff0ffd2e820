"""Refresh the parts of the documentation that are made from the code and from golden files.

    python docs/build.py            rewrite what is out of date
    python docs/build.py --check    only say what is; exit 1 when anything is

A page marks such a part with ``<!-- include: PATH -->`` or ``<!-- generate: NAME -->`` and ends it with
``<!-- end -->``. PATH is relative to the repository; its text is put into a code block.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_PART = re.compile(
    r"(?P<head><!-- (?P<kind>include|generate): (?P<name>[^\n]+?) -->\n).*?(?P<tail><!-- end -->)",
    re.DOTALL,
)
_LANGUAGES = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "python",
    ".csv": "text",
    ".json": "json",
    ".ini": "ini",
    ".toml": "toml",
    ".sql": "sql",
}


def build_page(text: str) -> str:
    """Return the page with every marked part made anew."""
    return _PART.sub(_build_part, text)


def _build_part(match: re.Match[str]) -> str:
    name = match["name"]
    body = _include(name) if match["kind"] == "include" else GENERATORS[name]()
    return f"{match['head']}{body}\n{match['tail']}"


def _include(name: str) -> str:
    path = ROOT / name
    language = _LANGUAGES.get(path.suffix, "text")
    return f"```{language}\n{path.read_text(encoding='utf-8').rstrip()}\n```"


def _schema_table(model: Any) -> Iterator[str]:
    yield "| key | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    schema = model.model_json_schema()
    descriptions = {
        field.alias or name: (field.description or "").replace("<", "&lt;")
        for name, field in model.model_fields.items()
    }
    required = schema.get("required", [])
    for key, entry in schema["properties"].items():
        default = "required" if key in required else _default_of(entry)
        yield f"| `{key}` | {_type_of(entry)} | {default} | {descriptions[key]} |"


def _default_of(entry: dict[str, Any]) -> str:
    default = entry.get("default")
    return "" if default is None or default in ([], {}) else f"`{default}`"


def _type_of(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return " \\| ".join(f"`{value}`" for value in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "$ref" in entry:
        return entry["$ref"].rpartition("/")[2].removesuffix("Model").lower()
    if members := entry.get("anyOf") or entry.get("oneOf"):
        kinds = [_type_of(member) for member in members if member.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds)) if len(kinds) < 5 else "one of the types below"
    if entry.get("type") == "array":
        return f"list of {_type_of(entry.get('items', {}))}"
    return {"object": "mapping", None: "any value"}.get(entry.get("type"), str(entry.get("type")))


def _journey_keys() -> str:
    from pytest_reqflo.syntax import model

    sections = [
        ("`journey`", model.JourneyModel),
        ("`inputs[]`", model.InputModel),
        ("`variables[]`", model.VariableModel),
        ("`cases[]`", model.CaseModel),
        ("`data`", model.DataModel),
        ("`settings`", model.SettingsModel),
        ("`settings.request`", model.RequestDefaultsModel),
        ("`steps[]` and `finally[]`", model.StepModel),
        ("`request`", model.RequestModel),
        ("`request.multipart[]`", model.MultipartPartModel),
        ("`request.auth`", model.AuthModel),
        ("`outputs[]`", model.OutputModel),
        ("`retry`", model.RetryModel),
        ("`poll`", model.PollModel),
        ("`when` as a mapping", model.ConditionModel),
        ("`skip` and `xfail` as a mapping", model.MarkModel),
    ]
    return _tables(sections)


def _assertion_keys() -> str:
    from pytest_reqflo.syntax import model

    names = [
        "StatusCode", "JsonPath", "Header", "Cookie", "BodyContains", "BodyEquals", "BodyMatches",
        "JsonSchema", "ResponseTime", "Value",
    ]  # fmt: skip
    models = [getattr(model, f"{name}Assertion") for name in names]
    return _tables([(f"`{m.model_fields['type'].annotation.__args__[0]}`", m) for m in models])


def _file_keys() -> str:
    from pytest_reqflo.syntax import model

    sections = [
        ("`environment`", model.EnvironmentModel),
        ("`environment.services.<name>`", model.ServiceModel),
        ("`environment.services.<name>.tls`", model.TlsModel),
        ("`environment.secrets`", model.SecretsModel),
        ("`environment.secrets.grants.<secret>`", model.GrantModel),
        ("`environment.redact`", model.RedactModel),
        ("`preset`", model.PresetModel),
        ("`overlay`", model.OverlayModel),
        ("`template`", model.TemplateModel),
        ("`template.values[]`", model.TemplateValueModel),
        ("`template.body`", model.TemplateBodyModel),
    ]
    return _tables(sections)


def _tables(sections: list[tuple[str, Any]]) -> str:
    parts = [f"### {title}\n\n" + "\n".join(_schema_table(model)) for title, model in sections]
    return "\n\n".join(parts)


def _registry(name: str) -> Callable[[], str]:
    def build() -> str:
        from pytest_reqflo.lang import template

        entries = getattr(template, name)
        rows = [
            f"| `{getattr(entry, 'signature', key).removesuffix('()')}` | {getattr(entry, 'description', entry)} |"
            for key, entry in entries.items()
        ]
        return "\n".join(["| name | what it does |", "| --- | --- |", *rows])

    return build


def _operators() -> str:
    from pytest_reqflo.lang.operators import OPERATORS

    rows = [f"| `{name}` | {entry.description} |" for name, entry in OPERATORS.items()]
    return "\n".join(["| operator | holds when |", "| --- | --- |", *rows])


def _command_help() -> str:
    from pytest_reqflo.cli.main import COMMANDS

    parts = []
    words: list[list[str]] = [[]]
    for command in COMMANDS:
        words += [[command.name], *([command.name, action] for action in command.actions)]
    for each in words:
        arguments = [*each, "--help"]
        heading = " ".join(["reqflo", *each])
        parts += [
            f"{'##' if len(each) < 2 else '###'} `{heading}`",
            "",
            f"```text\n{_help_text(arguments)}\n```",
            "",
        ]
    return "\n".join(parts).rstrip()


def _help_text(arguments: list[str]) -> str:
    from pytest_reqflo.cli.main import main as reqflo

    out = io.StringIO()
    # argparse breaks lines at the width of the terminal.
    os.environ.update(COLUMNS="90", NO_COLOR="1")
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        reqflo(arguments)
    return out.getvalue().rstrip()


def _role_statements() -> str:
    from pytest_reqflo.engine.durable.roles import role_statements

    text = ";\n".join(role_statements())
    return f"```sql\n{text};\n```"


GENERATORS: dict[str, Callable[[], str]] = {
    "journey-keys": _journey_keys,
    "assertion-keys": _assertion_keys,
    "file-keys": _file_keys,
    "roots": _registry("ROOTS"),
    "pipes": _registry("PIPES"),
    "functions": _registry("FUNCTIONS"),
    "operators": _operators,
    "command-help": _command_help,
    "role-statements": _role_statements,
}


def pages() -> list[Path]:
    """Return every page that may hold marked parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main() -> int:
    """Rewrite or check all pages; return the exit code."""
    stale = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        built = build_page(text)
        if built != text:
            stale.append(page)
            if "--check" not in sys.argv:
                page.write_text(built, encoding="utf-8")
    for page in stale:
        sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
