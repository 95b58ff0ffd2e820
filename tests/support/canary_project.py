"""A project full of secrets, each of them sent, echoed, expected, printed and logged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from canaries import SHAPES, Canary, Leak, Tag, find_leaks, name_leaks
from echoes import QUICK_WAYS, SLOW_WAYS, UNASKED, EchoServer, fits
from own_ways import OWN_WAYS
from packages import install

SOURCES = (
    "journeys",
    "environments",
    "canaries.env",
    "mounted",
    "shelf.json",
    "vault.json",
    "passwords",
    ".reqflo/me.yaml",
    "conftest.py",
    "suite.py",
    "overrides",
)
"""What the author wrote, secrets included: it is no output."""

Keep = Callable[["CanaryProject", Mapping[str, str]], Mapping[str, Any]]


def _keep_in_process(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    project.env.update(values)
    return {}


def _keep_in_dotenv(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
    lines = [f'{name}="{text.translate(escapes)}"\n' for name, text in values.items()]
    project.write("canaries.env", "".join(lines))
    return {"dotenv": "../canaries.env"}


def _keep_in_files(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    for name, text in values.items():
        project.write(f"mounted/{name}", f"{text}\n")
    return {"dir": "../mounted"}


_SHELF = """
import json, pathlib
from keyring.backend import KeyringBackend

class Shelf(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        return json.loads(pathlib.Path(__file__).with_suffix(".json").read_bytes()).get(username)
    def set_password(self, service, username, password): ...
"""


def _keep_in_keyring(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    project.write("shelf.py", _SHELF)
    project.write("shelf.json", json.dumps(values))
    project.env["PYTHON_KEYRING_BACKEND"] = "shelf.Shelf"
    return {"keyring": "team"}


_VAULT = """
import json, pathlib
from pytest_reqflo.secret import Secret

class Vault:
    name = "vault"
    def __init__(self, settings):
        self.path = pathlib.Path(__file__).with_suffix(".json")
    def get_many(self, names):
        found = json.loads(self.path.read_bytes())
        return {name: Secret(name, found[name]) for name in names if name in found}
    def close(self): ...
"""


def _keep_in_package(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    install(project.path, "vault", _VAULT, vault="Vault")
    project.write("vault.json", json.dumps(values))
    return {}


def _keep_for_command(project: CanaryProject, values: Mapping[str, str]) -> Mapping[str, Any]:
    for name, text in values.items():
        project.write(f"passwords/{name}", f"{text}\n")
    with (project.path / "pytest.ini").open("a") as settings:
        settings.write("reqflo_secret_command = cat passwords/{name}\n")
    return {}


PROVIDERS: dict[str, Keep] = {
    "env": _keep_in_process,
    "dotenv": _keep_in_dotenv,
    "dir": _keep_in_files,
    "keyring": _keep_in_keyring,
    "vault": _keep_in_package,
    # Last: it starts a program for each name that the others do not have.
    "command": _keep_for_command,
}
"""Puts secrets where the provider finds them; returns its keys under `secrets` of the environment."""


@dataclass
class CanaryProject:
    """Files, the canaries in them, and runs of pytest with every report there is."""

    path: Path
    server: EchoServer
    tag: Tag
    closed_port: int
    env: dict[str, str] = field(default_factory=dict)
    canaries: list[Canary] = field(default_factory=list)
    journeys: int = 0

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def make(self, name: str, source: str, shape: str = "PLAIN") -> Canary:
        canary = Canary(name, self.tag.make(shape), source, shape)
        self.canaries.append(canary)
        return canary

    def make_secrets(self, shapes: Sequence[str] = tuple(SHAPES)) -> list[Canary]:
        """Return one secret of each shape in each provider, and write the environment."""
        made = [
            self.make(f"{shape}_{provider.upper()}", provider, shape)
            for shape in shapes
            for provider in PROVIDERS
        ]
        settings: dict[str, Any] = {"providers": list(PROVIDERS)}
        for provider, keep in PROVIDERS.items():
            settings |= keep(
                self, {each.name: each.text for each in made if each.source == provider}
            )
        services = {
            "default": {"base_url": self.server.url},
            "closed": {"base_url": f"http://127.0.0.1:{self.closed_port}"},
            "nowhere": {"base_url": "http://nothing.invalid"},
            "tls": {"base_url": self.server.url.replace("http:", "https:")},
        }
        environment = {"name": "local", "services": services, "secrets": settings}
        self.write("environments/local.yaml", _yaml("environment", environment))
        return made

    def command(self, *arguments: str) -> str:
        """Run our own command, and return what it printed."""
        run = subprocess.run(
            [Path(sys.executable).with_name("reqflo"), *arguments],
            cwd=self.path,
            env=self._environ(),
            capture_output=True,
            timeout=120,
            check=False,
        )
        return (run.stdout + run.stderr).decode("utf-8", "replace")

    def journey(self, name: str, *steps: dict[str, Any], **keys: Any) -> None:
        """Write a journey; its name and the ids of its steps tell what it tries."""
        numbered = [{"id": f"s{number}", **step} for number, step in enumerate(steps, 1)]
        settings = {"on_failure": "continue", **keys.pop("settings", {})}
        content = {"name": Path(name).name, **keys, "settings": settings, "steps": numbered}
        self.write(f"journeys/{name}.journey.yaml", _yaml("journey", content))
        self.journeys += len(keys.get("cases", "1"))

    # --- running ---------------------------------------------------------------------------------

    def run(self, *arguments: str, out: str = "out", timeout_s: float = 300) -> CanaryRun:
        """Run pytest with every report on, below the folder *out*; its terminal is a file there."""
        folder = self.path / out
        folder.mkdir()
        command = [sys.executable, "-m", "pytest", *_reports(out), *arguments]
        env = {
            **self._environ(),
            "COLUMNS": "120",
            "PYTEST_ADDOPTS": "",
            "TRACE_FILE": str(folder / "trace.txt"),
        }
        process = subprocess.run(
            command,
            cwd=self.path,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
        (folder / "terminal.txt").write_bytes(process.stdout)
        text = process.stdout.decode("utf-8", "replace")
        return CanaryRun(self, folder, process.returncode, text)

    def _environ(self) -> dict[str, str]:
        places = filter(None, [str(self.path), os.environ.get("PYTHONPATH")])
        return {
            **os.environ,
            **self.env,
            "PYTHONPATH": os.pathsep.join(places),
            "PYTHONUTF8": "1",
        }


@dataclass(frozen=True)
class CanaryRun:
    """What one run left behind."""

    project: CanaryProject
    folder: Path
    code: int
    text: str

    def summary(self) -> dict[str, int]:
        """Return how many tests ended in which way, as json-report counted them."""
        report = json.loads((self.folder / "report.json").read_bytes())
        return report["summary"]

    def leaks(self) -> list[Leak]:
        """Return everything of a canary that any file of the project shows, but its sources."""
        project = self.project
        for path in (self.folder / "allure").glob("*-container.json"):
            _leave_out_teardowns(path)
        found = find_leaks(project.tag, project.path, leave_out=SOURCES)
        return name_leaks(found, project.canaries)


def _leave_out_teardowns(path: Path) -> None:
    """Drop what Allure writes of the teardown of fixtures: it calls them itself, around pytest."""
    container = json.loads(path.read_bytes())
    for teardown in container.get("afters", []):
        teardown.pop("statusDetails", None)
    path.write_text(json.dumps(container), encoding="utf-8")


REPORTS = (
    "junit.xml", "report.html", "allure", "log.jsonl", "report.json", "log.txt", "results.json", "page.html", "terminal.txt",
    "out.har", "summary.md",
)  # fmt: skip
"""What `_reports` leaves in the folder, and each of it must not be empty."""


def _reports(out: str) -> Iterator[str]:
    yield from ("-p", "no:randomly")
    yield from (
        f"--junitxml={out}/junit.xml",
        "-ojunit_logging=all",
        "-ojunit_log_passing_tests=true",
    )
    yield from (f"--html={out}/report.html", "--self-contained-html", f"--alluredir={out}/allure")
    yield from (
        f"--report-log={out}/log.jsonl",
        "--json-report",
        f"--json-report-file={out}/report.json",
    )
    yield from (f"--log-file={out}/log.txt", "--log-file-level=DEBUG", "--log-cli-level=DEBUG")
    yield f"--reqflo-html={out}/page.html"
    yield from (f"--reqflo-output={out}/results.json", f"-ocache_dir={out}/cache", "--durations=0")
    yield from (
        f"--reqflo-har={out}/out.har",
        f"-oreqflo_step_summary={out}/summary.md",
        "-oreqflo_junit_attachments=true",
    )
    yield "--reqflo-durations=0"
    yield from ("-rA", "--show-capture=all", "--showlocals", "--setup-show")


def _yaml(key: str, content: Mapping[str, Any]) -> str:
    # YAML reads JSON, but not the two halves of an escaped surrogate pair.
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return f"{key}:\n{textwrap.indent(text, ' ')}\n"


# --- the journeys ----------------------------------------------------------------------------------


def expression_of(canary: Canary) -> str:
    """Return how a journey names *canary*."""
    return "{{ secrets." + canary.name + " }}"


def write_echoes(
    project: CanaryProject, secrets: Sequence[Canary], *, offset: int = 0
) -> set[tuple[str, str]]:
    """Write one journey per secret with a case per way; return the pairs that must arrive.

    Each way meets every other shape, the others with an *offset* of 1. The providers take turns.
    """
    ways: dict[Canary, list[str]] = {canary: [] for canary in secrets}
    for number, way in enumerate(QUICK_WAYS):
        fitting = [shape for shape in SHAPES if fits(way, shape)]
        for turn, shape in enumerate((fitting * 2)[(number + offset) % 2 : len(fitting) + 1 : 2]):
            able = [canary for canary in secrets if canary.shape == shape]
            ways[able[(number // 2 + turn) % len(able)]].append(way)
    ways[secrets[offset]] += SLOW_WAYS
    for canary, named in ways.items():
        assert named, f"no way for {canary.name}"
        write_echo(project, f"echo_{canary.name.lower()}", expression_of(canary), named)
    return {(way, canary.text) for canary, named in ways.items() for way in named}


def write_echo(
    project: CanaryProject, name: str, value: str, ways: Sequence[str], **keys: Any
) -> None:
    """Write a journey with a case per way that asks for *value* back, and expects what cannot be."""
    step = {
        "request": {
            "method": "POST",
            "url": "/echo/{{ inputs.way }}",
            "json": {"value": value},
            "follow_redirects": 2,
            "timeout_s": 20,
        },
        "assertions": _CANNOT_HOLD,
        "outputs": [
            {"name": "whole", "path": "body"},
            {"name": "echo", "path": "headers.x-echo", "required": False},
        ],
    }
    if "hang" in ways:
        step["request"] |= {"timeout_s": 1}
    again = {"request": {"method": "POST", "url": "/quiet", "json": {"value": "{{ steps.s1.outputs.whole }}"}},
             "assertions": [{"type": "status_code", "expected": 299}]}  # fmt: skip
    inputs = [{"name": "way"}, *keys.pop("inputs", [])]
    values = keys.pop("values", {})
    cases = [{"name": way, "values": {"way": way, **values}} for way in ways]
    project.journey(name, step, again, inputs=inputs, cases=cases, **keys)


_CANNOT_HOLD = [
    {"type": "status_code", "expected": 299},
    {"type": "body_equals", "expected": "nothing"},
    {"type": "body_contains", "expected": "no such text"},
    {"type": "body_matches", "expected": "^[0-9]$"},
    {"type": "json_path", "path": "$.value", "operator": "equals", "expected": "x"},
    {"type": "json_path", "path": "$..*", "operator": "contains", "expected": "x"},
    {"type": "header", "name": "X-Echo", "expected": "x"},
    {"type": "header", "name": "Location", "expected": "x"},
    {"type": "cookie", "name": "sid", "expected": "x"},
    {"type": "json_schema", "schema": {"type": "object", "additionalProperties": {"type": "integer"}}},
    {"type": "value", "value": "{{ response.text }}", "operator": "has_length", "expected": 1},
    {"type": "value", "value": "{{ response.headers }}", "operator": "equals", "expected": {}},
    {"type": "value", "value": "{{ response.url }}", "operator": "equals", "expected": "x"},
]  # fmt: skip


def write_own_ways(project: CanaryProject, secrets: Sequence[Canary], *, offset: int = 0) -> None:
    """Write each of our own ways with one of the secrets, which take turns."""
    for number, (way, make) in enumerate(OWN_WAYS.items()):
        canary = secrets[(number * 5 + offset) % len(secrets)]
        project.journey(f"own/{way}_{canary.name.lower()}", make(expression_of(canary)))


def write_sensitive(project: CanaryProject) -> None:
    """Write journeys with sensitive values of other kinds: me, inputs, what a login hands out."""
    me = [project.make(f"me_{shape.lower()}", "me", shape) for shape in ("PLAIN", "PUNCTUATED")]
    project.env[f"REQFLO_ME_{me[0].name.upper()}"] = me[0].text
    project.write(".reqflo/me.yaml", json.dumps({me[1].name: me[1].text}))
    ways = list(QUICK_WAYS)
    write_echo(project, "me_of_process", "{{ me.me_plain }}", ways[0::9])
    write_echo(project, "me_of_file", "{{ me.me_punctuated }}", ways[3::9])
    card = project.make("card", "input", "UNICODE")
    given = {"name": "card", "sensitive": True}
    write_echo(
        project,
        "sensitive_input",
        "{{ inputs.card }}",
        [way for way in ways[6::9] if fits(way, card.shape)],
        inputs=[given],
        values={"card": card.text},
    )
    _write_login(project)
    for way in UNASKED:
        project.journey(f"unasked/{way}", {
            "request": {"method": "GET", "url": f"/positional/{way}"},
            "assertions": _CANNOT_HOLD,
        })  # fmt: skip


def _write_login(project: CanaryProject) -> None:
    login = {
        "request": {"method": "POST", "url": "/login"},
        "assertions": [{"type": "json_path", "path": "$.key", "operator": "equals", "expected": "x"}],
        "outputs": [
            {"name": "given", "path": "body.key", "sensitive": True},
            {"name": "sid", "path": "cookies.sid"},
        ],
    }  # fmt: skip

    def back(way: str, url: str, value: str) -> dict[str, Any]:
        request = {"method": "POST", "url": url, "json": {"value": value}}
        return {"id": way, "request": request, "assertions": _CANNOT_HOLD}

    ways = (
        "raw",
        "json_twice",
        "percent",
        "base64_1",
        "hex",
        "header",
        "set_cookie",
        "html",
        "reason",
    )
    token = "{{ steps.s1.outputs.given }}"
    project.journey("login/token", login, *(back(way, f"/echo/{way}", token) for way in ways))
    project.journey(
        "login/session", login, *(back(way, f"/echo/{way}?from=cookie", "x") for way in ways)
    )
    project.journey("login/alone", login)


def issue_canaries(tag: Tag) -> list[Canary]:
    """Return what the server hands out: a token, a session, and one text per telling place."""
    names = ("token", "session", *UNASKED)
    return [Canary(name, tag.make("PLAIN"), "server") for name in names]
