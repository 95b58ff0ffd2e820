"""Which of the collected items run, as far as our own options decide it."""

from __future__ import annotations

import pytest

from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import JourneyError, RunCheckError, UsageProblem
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.host.options import Settings
from pytest_reqflo.host.xdist import USAGE_KEY
from pytest_reqflo.plan.environments import find_environment_name


def select_items(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item], settings: Settings
) -> None:
    """Deselect the items of journeys that lack a named case, in place.

    Raises: pytest.UsageError when none is left, when no journey knows the environment, or when
        ``--reqflo-data`` meets several journeys.
    """
    journeys = [item for item in items if isinstance(item, JourneyNode)]
    if not journeys:
        return
    lacking = [item for item in journeys if item.lacks_case]
    problems = _find_problems(journeys, lacking, settings)
    if lacking:
        gone = {id(item) for item in lacking}
        items[:] = [item for item in items if id(item) not in gone]
        config.hook.pytest_deselected(items=lacking)
    if not problems or session.testsfailed:
        return
    refuse_session(config, items, str(UsageProblem(*problems)))


def refuse_session(config: pytest.Config, items: list[pytest.Item], text: str) -> None:
    """Let nothing run, because of *text*. Raises: pytest.UsageError but in a worker of xdist."""
    if not hasattr(config, "workerinput"):
        raise pytest.UsageError(text)
    # An exception here would look like a crash of the worker: the controller tells it at the end.
    items.clear()
    output: dict[str, str] = config.workeroutput  # type: ignore[attr-defined]  # set by xdist
    output[USAGE_KEY] = text


def _find_problems(
    journeys: list[JourneyNode], lacking: list[JourneyNode], settings: Settings
) -> tuple[Diagnostic, ...]:
    problem = _find_problem(journeys, lacking, settings)
    if problem is not None:
        return (problem,)
    unread = next((item.data_problem for item in journeys if item.data_problem), None)
    return unread.diagnostics if unread else ()


def _find_problem(
    journeys: list[JourneyNode], lacking: list[JourneyNode], settings: Settings
) -> Diagnostic | None:
    if settings.cases and any(item.subject.compiled is None for item in journeys):
        title = "--reqflo-case: cases are not part of a stored artifact"
        hint = "give its values with --reqflo-set or --reqflo-data (reqflo run: --set, --data)"
        return Diagnostic(code="RF801", title=title, hint=hint)
    if settings.cases and len(lacking) == len(journeys):
        cases = sorted({name for item in journeys for name in item.case_names})
        quoted = ", ".join(f"`{name}`" for name in settings.cases)
        hint = name_hint(settings.cases[0], cases, what="Cases")
        return Diagnostic(code="RF803", title=f"no journey has a case {quoted}", hint=hint)
    # The environments of workers are in a database.
    wanted = None if settings.is_cloud else settings.environment
    unmet = _find_unknown_environment(journeys, wanted)
    if unmet is not None:
        return unmet
    subjects = {id(item.subject): item.subject for item in journeys}.values()
    names = {name for subject in subjects for name, _ in subject.declared(settings.sets)}
    unknown = [name for name, _ in settings.sets if name not in names]
    if unknown:
        declared = {name for subject in subjects for name in subject.declared_names()}
        title = f"--reqflo-set {unknown[0]}: no journey declares an input or variable of this name"
        hint = name_hint(unknown[0], sorted(declared), what="Inputs and variables")
        return Diagnostic(code="RF801", title=title, hint=hint)
    selected = {item.parent for item in journeys if not item.lacks_case}
    if settings.data is not None and len(selected) > 1:
        title = f"--reqflo-data needs exactly one journey, {len(selected)} are selected"
        return Diagnostic(code="RF801", title=title, hint="name one journey file")
    return None


def _find_unknown_environment(journeys: list[JourneyNode], wanted: str | None) -> Diagnostic | None:
    """Return the problem of an environment *wanted* that the root of no journey has.

    Where one has it, the items of the others fail, each with its own message.
    """
    if wanted is None:
        return None
    libraries = {item.subject.library.root: item.subject.library for item in journeys}
    problem = None
    for library in libraries.values():
        try:
            find_environment_name(library.environment_names(), wanted)
        except RunCheckError as error:
            problem = problem or error.diagnostics[0]
        except JourneyError:  # a broken file: the items show it
            return None
        else:
            return None
    return problem
