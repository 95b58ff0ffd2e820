"""Options, environment variables and ini entries to `Settings`. Reads, changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import pytest

from pytest_reqflo.diagnostic import Diagnostic, nearest_name
from pytest_reqflo.engine.transports import TransportKind, require_fast
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.evidence_store.keep import Keep, read_duration_s
from pytest_reqflo.frozen import dataclass

if TYPE_CHECKING:
    from pytest_reqflo.compile.kept import Kept

Adhoc: TypeAlias = Literal["allow", "warn", "error"]
EvidenceKind: TypeAlias = Literal["failures", "all", "none"]
"""Which runs are kept on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person running asked for.

    Shape: *sets* are names and texts, not yet typed; *root* None: found per file; *output*, *html* None: no
        such file; *concurrency* None: rows of one journey run together, journeys do not; *durations* 0: all.
    """

    rootdir: Path
    store: Path
    environment: str | None = None
    cases: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    data: Path | None = None
    output: Path | None = None
    html: Path | None = None
    root: Path | None = None
    adhoc: Adhoc = "allow"
    is_soft_failing: bool = False
    secret_command: tuple[str, ...] = ()
    allows_any_host: bool = False
    is_durable: bool = False
    resume: str | None = None
    is_cloud: bool = False
    run_key: str = ""
    cancels_on_exit: bool = False
    cloud_patience_s: float = 60.0
    is_batched: bool = False
    concurrency: int | None = None
    transport: TransportKind = "default"
    evidence: EvidenceKind = "failures"
    evidence_keep: Keep = Keep(sessions=20)  # frozen
    har: Path | None = None
    step_summary: Path | None = None
    attaches_in_junit: bool = False
    is_tracing: bool = True
    shows_progress: bool = True
    has_summary: bool = False
    is_folding: bool = True
    durations: int | None = None
    keeps_compiled: bool = True

    def open_kept(self) -> Kept | None:
        """Return what was compiled before, None where nothing is to be taken for that."""
        from pytest_reqflo.compile.kept import open_kept

        projects = (self.rootdir, *([self.rootdir / self.root] if self.root else ()))
        return open_kept(os.environ, projects=projects) if self.keeps_compiled else None

    @property
    def wants_results(self) -> bool:
        """Whether something is made of the whole results, so that workers hand them over."""
        return not (self.output is None and self.har is None and self.html is None)

    @property
    def wants_all_lines(self) -> bool:
        """Whether also a run that passed says where its steps stand, for which its file is read again."""
        return self.output is not None or self.har is not None

    @property
    def keeps_evidence(self) -> bool:
        """Whether runs are kept on disk; durable ones have their record in the database."""
        return self.evidence != "none" and not (self.is_durable or self.is_cloud)

    @property
    def is_many_at_once(self) -> bool:
        """Whether this process may have several journeys under way."""
        return not (self.is_durable or self.is_cloud) and self.concurrency != 1


def load_settings(config: pytest.Config, variables: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: option, else environment variable, else ini entry, else default.

    Raises: UsageProblem: RF801, RF701 for a result file that cannot be written, RF610 for an extra
        that is missing.
    """
    _check_encodable(config)
    reader = _Reader(config, os.environ if variables is None else variables)
    is_durable = _is_on(config, reader, "durable")
    reader.choice("gc", ("auto", "off"))  # obeyed before any setting is read
    return Settings(
        rootdir=config.rootpath,
        store=reader.path("store") or config.rootpath / ".reqflo",
        environment=reader.text("env"),
        cases=tuple(config.getoption("--reqflo-case")),
        sets=tuple(_read_set(text) for text in config.getoption("--reqflo-set")),
        data=reader.file("data"),
        output=reader.output("output"),
        html=reader.output("html"),
        root=reader.folder("root"),
        adhoc=cast("Adhoc", reader.choice("adhoc", ("allow", "warn", "error"))),
        is_soft_failing=reader.choice("soft", ("warn", "fail")) == "fail",
        # No variable and no option of ours: whoever sets it runs programs.
        secret_command=tuple(config.getini("reqflo_secret_command")),
        # From the ini file alone: a variable that nobody sees must not turn a guard off.
        allows_any_host=bool(config.getini("reqflo_allow_any_host")),
        is_durable=is_durable,
        resume=_read_resume(config),
        is_cloud=_read_cloud(config, reader, is_durable=is_durable),
        run_key=_read_run_key(config, reader),
        cancels_on_exit=config.getoption("--reqflo-cancel-on-exit"),
        cloud_patience_s=_read_patience(reader),
        is_batched=reader.choice("data-mode", ("items", "batch")) == "batch",
        concurrency=_read_concurrency(reader),
        transport=_read_transport(reader),
        evidence=cast("EvidenceKind", reader.choice("evidence", ("failures", "all", "none"))),
        evidence_keep=_read_evidence_keep(reader),
        har=reader.output("har"),
        step_summary=_find_step_summary(reader),
        attaches_in_junit=_is_true(config, reader, "junit-attachments"),
        is_tracing=reader.choice("trace", ("auto", "off")) == "auto",
        shows_progress=reader.choice("progress", ("auto", "off")) == "auto",
        has_summary=_is_on(config, reader, "summary"),
        is_folding=reader.choice("fold", ("auto", "off")) == "auto",
        durations=_read_durations(reader),
        keeps_compiled=reader.choice("compile-cache", ("auto", "off")) == "auto",
    )


_LONGEST_KEY = 200
_AUTO_CONCURRENCY = 32
_MOST_AT_ONCE = 1024
_BATCH = re.compile(r"newest|batch_[0-9a-f]{12}")


def _is_on(config: pytest.Config, reader: _Reader, name: str) -> bool:
    is_on = (
        config.getoption(f"--reqflo-{name}")
        or reader.choice(name, ("0", "1", "false", "true")) in ("1", "true")
        or config.getini(f"reqflo_{name}")
    )
    return bool(is_on)


def _is_true(config: pytest.Config, reader: _Reader, name: str) -> bool:
    if reader.text(name):
        return reader.choice(name, ("0", "1", "false", "true")) in ("1", "true")
    return bool(config.getini(f"reqflo_{name.replace('-', '_')}"))


def _find_step_summary(reader: _Reader) -> Path | None:
    """Return the file that the job's page is appended to: `auto` is the one of GitHub, if any."""
    match reader.text("step-summary"):
        case None | "off":
            return None
        case "auto":
            text = reader.variables.get("GITHUB_STEP_SUMMARY")
            return Path(text) if text else None
        case _:
            return reader.output("step-summary")


def _check_resume(config: pytest.Config, *, is_durable: bool) -> None:
    if not is_durable and config.getoption("--reqflo-resume") is not None:
        title = "--reqflo-resume goes with --reqflo-durable"
        raise UsageProblem(Diagnostic(code="RF801", title=title))


def _read_cloud(config: pytest.Config, reader: _Reader, *, is_durable: bool) -> bool:
    if not _is_on(config, reader, "cloud"):
        _check_resume(config, is_durable=is_durable)
        return False
    is_resumed = config.getoption("--reqflo-resume") is not None
    if not is_resumed and not is_durable:
        return True
    other = "--reqflo-resume" if is_resumed else "--reqflo-durable"
    title = f"--reqflo-cloud and {other} exclude each other"
    hint = "workers keep a record of each step by themselves, and carry on what was left"
    raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))


def _read_run_key(config: pytest.Config, reader: _Reader) -> str:
    text = reader.text("run-key") or ""
    if text and len(text) > _LONGEST_KEY:
        raise _unusable("run-key", f"it is longer than {_LONGEST_KEY} characters")
    return text


def _read_patience(reader: _Reader) -> float:
    text = reader.text("cloud-patience-s") or "60"
    if not text.isdecimal() or len(text) > 6:
        raise _unusable("cloud_patience_s", f"`{text}` is no number of seconds")
    return float(text)


def _read_evidence_keep(reader: _Reader) -> Keep:
    text = reader.text("evidence-keep") or "20"
    if text.isascii() and text.isdecimal() and len(text) <= 6:
        return Keep(sessions=int(text))
    last_s = read_duration_s(text)
    if last_s is None:
        hint = "write 20 for the newest 20 sessions, or 30d"
        why = f"`{text}` is neither a number of sessions nor a time"
        raise _unusable("evidence_keep", why, hint)
    return Keep(last_s=last_s)


def _read_transport(reader: _Reader) -> TransportKind:
    kind = cast("TransportKind", reader.choice("transport", ("default", "fast")))
    if kind == "fast":
        require_fast()
    return kind


def _read_concurrency(reader: _Reader) -> int | None:
    text = reader.text("concurrency")
    if text is None:
        return None
    if text == "auto":
        return _AUTO_CONCURRENCY
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= _MOST_AT_ONCE:
        return int(text)
    raise _unusable(
        "concurrency", f"`{text}` is neither `auto` nor a number from 1 to {_MOST_AT_ONCE}"
    )


def _read_durations(reader: _Reader) -> int | None:
    text = reader.text("durations")
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise _unusable("durations", f"`{text}` is no number of steps", "write 10, or 0 for all")


def _read_resume(config: pytest.Config) -> str | None:
    text: str | None = config.getoption("--reqflo-resume")
    if text is not None and _BATCH.fullmatch(text) is None:
        hint = "write --reqflo-resume=BATCH, or the option alone after all paths"
        raise _unusable("resume", f"`{text}` is no batch", hint)
    return text


_OPTIONS = frozenset({
    "env", "store", "data", "output", "resume", "run-key", "data-mode", "concurrency", "transport",
    "evidence", "har", "html", "durations", "progress", "fold",
})  # fmt: skip
_INI = frozenset({
    "env", "store", "root", "adhoc", "soft", "data-mode", "concurrency", "transport", "gc",
    "evidence", "evidence-keep", "step-summary", "trace", "html", "durations", "progress", "fold",
    "compile-cache",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reader:
    config: pytest.Config
    variables: Mapping[str, str]

    def text(self, name: str) -> str | None:
        return self._find(name)[0] or None

    def _find(self, name: str) -> tuple[str, Path]:
        """Return the text and the folder that relative paths in it start from."""
        here = self.config.invocation_params.dir
        if name in _OPTIONS and (text := self.config.getoption(f"--reqflo-{name}")):
            return str(text), here
        if text := self.variables.get(_variable(name)):
            return text, here
        if name in _INI and (text := self.config.getini(f"reqflo_{name.replace('-', '_')}")):
            return str(text), self.config.rootpath
        return "", here

    def path(self, name: str) -> Path | None:
        text, base = self._find(name)
        if "\0" in text:
            raise _unusable(name, "holds a NUL character")
        return base / text if text else None

    def file(self, name: str) -> Path | None:
        path = self.path(name)
        if path is not None and not _is(path, "is_file"):
            raise _unusable(name, f"`{path}` is no file")
        return path

    def folder(self, name: str) -> Path | None:
        path = self.path(name)
        if path is not None and not _is(path, "is_dir"):
            raise _unusable(name, f"`{path}` is no folder")
        return path

    def output(self, name: str) -> Path | None:
        path = self.path(name)
        if path is None:
            return None
        if _is(path, "is_dir"):
            raise _unusable(name, f"`{path}` cannot be written: it is a folder", code="RF701")
        above = next(folder for folder in path.absolute().parents if _is(folder, "exists"))
        if not _is(above, "is_dir"):
            why = f"`{path}` cannot be written: `{above}` is no folder"
            raise _unusable(name, why, code="RF701")
        return path

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name) or allowed[0]
        if text not in allowed:
            near = nearest_name(text, allowed)
            hint = f"did you mean `{near}`?" if near else f"allowed: {', '.join(allowed)}"
            raise _unusable(name, f"`{text}` is not one of {', '.join(allowed)}", hint)
        return text


def _variable(name: str) -> str:
    return f"REQFLO_{name.upper().replace('-', '_')}"


def _check_encodable(config: pytest.Config) -> None:
    """Refuse bytes that are no text: xdist cannot hand them to its workers."""
    for name in (*sorted(_OPTIONS), "case", "set"):
        given = config.getoption(f"--reqflo-{name}") or ()
        for text in (given,) if isinstance(given, str) else given:
            if any("\ud800" <= character <= "\udfff" for character in text):
                shown = "one" if name == "set" else f"`{text}`"
                raise _unusable(name, f"{shown} is not UTF-8")


def _is(path: Path, kind: str) -> bool:
    try:
        return bool(getattr(path, kind)())
    except OSError:  # a name that is too long
        return False


def _read_set(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        # The text is not shown: it may be a value whose name was forgotten.
        raise _unusable("set", "one is not KEY=VALUE", "write --reqflo-set customer_id=c-1")
    return name.strip(), value


def _unusable(name: str, why: str, hint: str = "", *, code: str = "RF801") -> UsageProblem:
    option = (
        f"--reqflo-{name}"
        if name in _OPTIONS | {"set", "case"}
        else f"reqflo_{name.replace('-', '_')}"
    )
    return UsageProblem(Diagnostic(code=code, title=f"{option}: {why}", hint=hint))
