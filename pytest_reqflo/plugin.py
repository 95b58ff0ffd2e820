"""The pytest plugin: options and hooks of a few lines, which import `host` at the first journey.

Imports only the standard library and pytest: every pytest user pays for what stands here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_reqflo.host.collect import ArtifactFile, JourneyFile, SuspectFile

_SUFFIXES = (".yaml", ".yml")
_ARTIFACT_PREFIX = "artifact_"
_GIVEN = (
    "env", "case", "set", "data", "store", "output", "durable", "resume", "cloud", "concurrency",
    "transport", "evidence", "har", "html", "durations", "progress", "summary", "fold",
)  # fmt: skip
_SESSION_VARIABLES = ("REQFLO_OUTPUT", "REQFLO_HAR", "REQFLO_HTML", "REQFLO_STEP_SUMMARY")
"""What the process that sees all reports must know of, though it may collect nothing itself."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each with its ini name; environment variables lie between the two."""
    group = parser.getgroup("reqflo", "API journeys (pytest-reqflo)")
    group.addoption(
        "--reqflo-env",
        metavar="NAME",
        help="environment that journeys run against (REQFLO_ENV, ini reqflo_env)",
    )
    group.addoption(
        "--reqflo-case",
        action="append",
        default=[],
        metavar="NAME",
        help="run only this case, by its exact name; repeatable",
    )
    group.addoption(
        "--reqflo-set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="value of a run input or variable; repeatable",
    )
    group.addoption(
        "--reqflo-data",
        metavar="FILE",
        help="CSV, JSON or JSONL rows for the one selected journey, instead of its own",
    )
    group.addoption(
        "--reqflo-store",
        metavar="DIR",
        help="folder of artifacts and versions (REQFLO_STORE, ini reqflo_store; default .reqflo)",
    )
    group.addoption(
        "--reqflo-output",
        metavar="FILE",
        help="write the results as JSON: one object, or a list under `results`",
    )
    group.addoption(
        "--reqflo-har",
        metavar="FILE",
        help="write all requests and responses of the session as one HAR 1.2 file (REQFLO_HAR)",
    )
    group.addoption(
        "--reqflo-html",
        metavar="FILE",
        help="write a page of all runs: one file, to be opened in a browser (REQFLO_HTML, ini "
        "reqflo_html)",
    )
    group.addoption(
        "--reqflo-durable",
        action="store_true",
        help="keep a record of each step, so that a killed run can go on (REQFLO_DURABLE, ini "
        "reqflo_durable; needs the extra `durable`)",
    )
    group.addoption(
        "--reqflo-resume",
        nargs="?",
        const="newest",
        metavar="BATCH",
        help="with --reqflo-durable: carry on the newest batch of runs that was left, or BATCH",
    )
    group.addoption(
        "--reqflo-cloud",
        action="store_true",
        help="let workers run the journeys: dispatch them to the database of REQFLO_DATABASE_URL "
        "and wait (REQFLO_CLOUD, ini reqflo_cloud; needs the extra `durable`)",
    )
    group.addoption(
        "--reqflo-run-key",
        metavar="KEY",
        help="with --reqflo-cloud: name of this session's runs; with the same name they are "
        "attached to, not run again (REQFLO_RUN_KEY)",
    )
    group.addoption(
        "--reqflo-cancel-on-exit",
        action="store_true",
        help="with --reqflo-cloud: Ctrl-C cancels the runs that are not over",
    )
    group.addoption(
        "--reqflo-data-mode",
        choices=("items", "batch"),
        help="a test per row, or one for all rows of a journey (REQFLO_DATA_MODE, ini "
        "reqflo_data_mode; default items)",
    )
    group.addoption(
        "--reqflo-concurrency",
        metavar="N",
        help="journeys and rows that run at once in one process, a number or `auto` "
        "(REQFLO_CONCURRENCY, ini reqflo_concurrency; default: 16 rows of one journey, one journey)",
    )
    group.addoption(
        "--reqflo-transport",
        choices=("default", "fast"),
        help="what carries the requests; `fast` needs the extra `fast` (REQFLO_TRANSPORT, ini "
        "reqflo_transport)",
    )
    group.addoption(
        "--reqflo-evidence",
        choices=("failures", "all", "none"),
        help="runs whose record is kept in the store, with what was sent and received "
        "(REQFLO_EVIDENCE, ini reqflo_evidence; default failures)",
    )
    group.addoption(
        "--reqflo-durations",
        metavar="N",
        help="list the N slowest steps at the end, 0 for all (REQFLO_DURATIONS, ini "
        "reqflo_durations)",
    )
    group.addoption(
        "--reqflo-summary",
        action="store_true",
        help="a table of all journeys at the end, also where each ran once and passed "
        "(REQFLO_SUMMARY, ini reqflo_summary)",
    )
    group.addoption(
        "--reqflo-progress",
        choices=("auto", "off"),
        help="of 200 runs or more, show how far they are and how long it will take "
        "(REQFLO_PROGRESS, ini reqflo_progress; default auto)",
    )
    group.addoption(
        "--reqflo-fold",
        choices=("auto", "off"),
        help="of runs that failed the same way, show the page of the first (REQFLO_FOLD, ini "
        "reqflo_fold; default auto)",
    )
    parser.addini("reqflo_durations", "how many of the slowest steps are listed at the end")
    parser.addini("reqflo_summary", "a table of all journeys at the end", "bool", False)
    parser.addini("reqflo_progress", "progress of long runs: auto or off")
    parser.addini("reqflo_fold", "one page for runs that failed the same way: auto or off")
    parser.addini("reqflo_evidence", "runs whose record is kept: failures, all or none")
    parser.addini("reqflo_evidence_keep", "sessions whose records stay, 20 or 30d (default 20)")
    parser.addini("reqflo_concurrency", "journeys and rows that run at once, a number or `auto`")
    parser.addini("reqflo_transport", "what carries the requests: default or fast")
    parser.addini("reqflo_html", "file of the page of all runs")
    parser.addini("reqflo_data_mode", "a test per row (items) or one for all (batch)")
    parser.addini("reqflo_cloud", "let workers run the journeys (default false)", "bool", False)
    parser.addini("reqflo_files", "patterns of the file names that may be journeys", "args", [])
    parser.addini("reqflo_root", "folder that holds environments/, templates/, presets/, overlays/")
    parser.addini("reqflo_adhoc", "requests outside the template library: allow, warn or error")
    parser.addini("reqflo_soft", "soft assertions that fail: warn or fail")
    parser.addini(
        "reqflo_step_summary", "Markdown summary for the page of a CI job: off, auto or a file"
    )
    parser.addini(
        "reqflo_junit_attachments",
        "name the evidence of failures in the JUnit file, as GitLab and Jenkins read it (default false)",
        "bool",
        False,
    )
    parser.addini("reqflo_trace", "send the current OpenTelemetry span along: auto or off")
    parser.addini("reqflo_compile_cache", "take what was compiled before: auto or off")
    parser.addini("reqflo_gc", "garbage collector while collecting many journeys: auto or off")
    parser.addini("reqflo_secret_command", "program that prints the secret {name}", "args", [])
    parser.addini(
        "reqflo_allow_any_host",
        "let requests go to any origin, not only those of the environment (default false)",
        "bool",
        False,
    )
    parser.addini("reqflo_durable", "keep a record of each step (default false)", "bool", False)
    parser.addini("reqflo_env", "environment that journeys run against")
    parser.addini("reqflo_store", "folder of artifacts and versions")


def pytest_configure(config: pytest.Config) -> None:
    """Check options that were given, and listen to workers where xdist distributes."""
    is_worker = hasattr(config, "workerinput")
    if (
        _is_on(config, "durable")
        or _is_on(config, "cloud")
        or any(config.getoption(f"--reqflo-{name}") for name in _GIVEN)
        or any(os.environ.get(name) for name in _SESSION_VARIABLES)
        or config.getini("reqflo_step_summary")
        or config.getini("reqflo_html")
    ):
        _prepare_loading(config)
        from pytest_reqflo.host.session import begin_session

        begin_session(config)
    if not is_worker and config.getoption("dist", "no") != "no":
        _prepare_loading(config)
        from pytest_reqflo.host.xdist import ControllerHooks

        config.pluginmanager.register(ControllerHooks(config), "reqflo-controller")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which protections are off and which proxy is used, where there are environments."""
    if lines := _cloud_lines(config):
        return lines
    durable = _durable_lines(config)
    roots = list(_find_environment_roots(config))
    if not roots:
        return durable
    _prepare_loading(config)
    from pytest_reqflo.host.header import header_lines

    return [*header_lines(config, roots), *durable]


def _is_on(config: pytest.Config, name: str) -> bool:
    is_asked = config.getoption(f"--reqflo-{name}") or config.getini(f"reqflo_{name}")
    return bool(is_asked or os.environ.get(f"REQFLO_{name.upper()}"))


def _cloud_lines(config: pytest.Config) -> list[str]:
    if not _is_on(config, "cloud"):
        return []
    from pytest_reqflo.host.header import cloud_lines

    return cloud_lines(config)


def _durable_lines(config: pytest.Config) -> list[str]:
    if not _is_on(config, "durable"):
        return []
    from pytest_reqflo.host.durable import header_lines

    return header_lines(config)


def _find_environment_roots(config: pytest.Config) -> Iterator[Path]:
    """Yield the folders at and above the arguments that hold environments, by first look."""
    given = [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    configured = config.getini("reqflo_root")
    folders = [config.rootpath, *([config.rootpath / configured] if configured else [])]
    folders += [folder for path in given for folder in (path, *path.parents)]
    for folder in dict.fromkeys(folders):
        if folder.is_relative_to(config.rootpath) and _has_environments(folder):
            yield folder


def _has_environments(root: Path) -> bool:
    try:
        files = sorted(root.glob("environments/*.y*ml"))
    except (OSError, ValueError):  # an argument that is no path
        return False
    if not files:
        return False
    from pytest_reqflo.syntax.scan import find_root_keys

    return any("environment" in find_root_keys(path) for path in files)


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> JourneyFile | SuspectFile | ArtifactFile | None:
    """Collect journeys, by file name or by a first look at the text."""
    if file_path.suffix not in _SUFFIXES:
        return _collect_artifact(file_path, parent)
    if file_path.stem.endswith(".journey"):
        _prepare_loading(parent.config)
        from pytest_reqflo.host.collect import collect_journey

        return collect_journey(file_path, parent)
    return _collect_other_yaml(file_path, parent)


def _collect_other_yaml(path: Path, parent: pytest.Collector) -> JourneyFile | SuspectFile | None:
    # Every YAML file of a project without journeys passes here: no more than the scan is loaded.
    from pytest_reqflo.syntax.scan import find_near_miss, has_journey_root

    if has_journey_root(path):
        _prepare_loading(parent.config)
        from pytest_reqflo.host.collect import collect_journey

        return collect_journey(path, parent)
    if path.parent.name == "journeys" and (key := find_near_miss(path)):
        from pytest_reqflo.host.collect import collect_suspect

        return collect_suspect(path, parent, key)
    return None


def _prepare_loading(config: pytest.Config) -> None:
    """Come here before more of us is loaded, so that it is loaded at little cost."""
    from pytest_reqflo.host.loading import load_plainly

    load_plainly()
    from pytest_reqflo.host.collecting_gc import hold_gc

    hold_gc(config)


def _collect_artifact(path: Path, parent: pytest.Collector) -> ArtifactFile | None:
    if not (path.name.startswith(_ARTIFACT_PREFIX) and path.suffix == ".json"):
        return None
    if not parent.session.isinitpath(path):
        return None
    _prepare_loading(parent.config)
    from pytest_reqflo.host.collect import collect_artifact

    return collect_artifact(path, parent)


@pytest.fixture
def reqflo_environment(_reqflo_no_environment: None) -> Mapping[str, Any]:
    """Override in a conftest.py to change environment values of journeys.

    Return a mapping: `base_url` of the default service, `services` ({name: {base_url, ...}}) and
    `values`. Origins given here are allowed.
    """
    return {}


@pytest.fixture
def reqflo_inputs(_reqflo_no_inputs: None) -> Mapping[str, Any]:
    """Override in a conftest.py to supply run inputs and variables of journeys, by name."""
    return {}


@pytest.fixture
def _reqflo_no_environment() -> None:
    """Stand in the closure of `reqflo_environment` only while no suite overrides it."""


@pytest.fixture
def _reqflo_no_inputs() -> None:
    """Stand in the closure of `reqflo_inputs` only while no suite overrides it."""
