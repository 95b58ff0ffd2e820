"""Before the first request: are all secrets there, and can they be hidden? Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from pytest_reqflo.engine.secrets.chain import ProviderUnusable, SecretSource
from pytest_reqflo.evidence.encodings import SHORTEST, is_hideable
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult, Problem, fingerprint_of
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.run.telling import register_plan
from pytest_reqflo.secret import Secret, find_name_fault
from pytest_reqflo.values import shorten

_SHOWN_NAME = 100
_NO_PROVIDER_HINT = "name providers in the environment's file, under `secrets`; nothing was sent"


@dataclass(frozen=True, slots=True)
class HeldSecrets:
    """The secrets of one run, resolved once; a run sees the same value from start to end.

    Shape: *unusable* is the problem of a provider that ended the search.
    """

    asked: tuple[str, ...]
    found: Mapping[str, Secret] = field(repr=False)
    unusable: Problem | None = None

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that were found."""
        return {name: self.found[name] for name in names if name in self.found}


_NONE_HELD = HeldSecrets((), {})


def hold_secrets(plan: Plan, source: SecretSource) -> HeldSecrets:
    """Return every secret that *plan* may read and *source* has."""
    if not plan.secret_names:
        return _NONE_HELD
    try:
        found = source.get_many(plan.secret_names)
    except ProviderUnusable as error:
        return HeldSecrets(source.asked, {}, _unusable_problem(error))
    return HeldSecrets(source.asked, found)


def refuse_unready(
    plan: Plan, start: RunStart, held: HeldSecrets, redactor: Redactor
) -> JourneyResult | None:
    """Return the result of a run that cannot begin, at no time at all; None for one that may.

    Shape: *redactor* knows all that is sensitive afterwards, either way.
    """
    teach_redactor(redactor, plan, held)
    problems = find_secret_problems(plan, held)
    return refused_result(plan, start, problems) if problems else None


def find_secret_problems(plan: Plan, held: HeldSecrets) -> tuple[Problem, ...]:
    """Return why the run cannot begin: all missing names in one problem, all bare ones in another."""
    if held.unusable is not None:
        return (held.unusable,)
    if not plan.secret_names:
        return ()
    missing = [name for name in plan.secret_names if name not in held.found]
    bare = [name for name, secret in held.found.items() if not is_hideable(secret.reveal())]
    problems = []
    if missing:
        problems.append(_missing_problem(missing, held.asked))
    if bare:
        problems.append(_bare_problem(sorted(bare)))
    return tuple(problems)


def teach_redactor(redactor: Redactor, plan: Plan, held: HeldSecrets) -> None:
    """Make *redactor* know all that is sensitive before the run begins."""
    for secret in held.found.values():
        redactor.add_secret(secret)
    register_plan(plan, redactor)


def refused_result(plan: Plan, start: RunStart, problems: tuple[Problem, ...]) -> JourneyResult:
    """Return the result of a run that never began."""
    codes = tuple(problem.code for problem in problems)
    return JourneyResult(
        identity=plan.identity,
        outcome="error",
        started_at=start.started_at,
        finished_at=start.started_at,
        elapsed_s=0.0,
        problems=problems,
        values=tuple(resolved.origin for resolved in plan.names.values()),
        category="run_check",
        fingerprint=fingerprint_of(plan.identity.artifact, "", codes),
        seed=start.seed,
    )


def _missing_problem(names: list[str], asked: tuple[str, ...]) -> Problem:
    is_one = len(names) == 1
    faults = [(name, fault) for name in names if (fault := find_name_fault(name))]
    hint = f"set {'it' if is_one else 'them'} in one of these; nothing was sent"
    if len(faults) == len(names):
        hint = "use another name; nothing was sent"
    elif not asked:
        hint = _NO_PROVIDER_HINT
    return Problem(
        code="RF302",
        category="run_check",
        message=f"{_named('secret', names)} {'is' if is_one else 'are'} missing",
        notes=(
            f"asked, in this order: {', '.join(asked) or 'no provider'}",
            *(f"`{shorten(name, _SHOWN_NAME)}` is no name of a secret: {f}" for name, f in faults),
        ),
        hint=hint,
    )


def _unusable_problem(error: ProviderUnusable) -> Problem:
    return Problem(
        code="RF307",
        category="run_check",
        message=f"the secret provider `{error.provider}` cannot be used: {error.message}",
        hint=error.hint,
    )


def _bare_problem(names: list[str]) -> Problem:
    is_one = len(names) == 1
    return Problem(
        code="RF305",
        category="run_check",
        message=f"{_named('secret', names)} {'is' if is_one else 'are'} too short or too common "
        "to be hidden",
        notes=(f"a secret needs {SHORTEST} characters, and may not be a word such as `true`",),
        hint="use a longer secret, or a plain value of the environment when it is none",
    )


def _named(noun: str, names: list[str]) -> str:
    quoted = [f"`{shorten(name, _SHOWN_NAME)}`" for name in names]
    if len(quoted) == 1:
        return f"the {noun} {quoted[0]}"
    return f"the {noun}s {', '.join(quoted[:-1])} and {quoted[-1]}"
