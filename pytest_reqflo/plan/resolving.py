"""The values that are offered for one name become the value that it has in a run. Pure."""

from __future__ import annotations

from typing import Literal

from pytest_reqflo.artifact.model import InputDeclaration, VariableDeclaration
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    PathExpression,
    Value,
    ValueMissing,
)
from pytest_reqflo.plan.expressions import (
    EarlyScope,
    is_known_early,
    read_names,
    render_early,
    shown_text,
)
from pytest_reqflo.plan.model import GivenValue, ResolvedValue
from pytest_reqflo.plan.precedence import RANKS, find_winner
from pytest_reqflo.plan.sources import (
    Declaration,
    Surroundings,
    all_service_entries,
    is_sensitive,
    kind_of,
    places_looked_in,
)
from pytest_reqflo.plan.types import find_fitting, find_misfit
from pytest_reqflo.result import ValueOrigin


def resolve_name(
    declaration: Declaration,
    candidates: tuple[GivenValue, ...],
    around: Surroundings,
    problems: list[Diagnostic],
) -> ResolvedValue:
    """Return the value of *declaration* that wins among *candidates*; tell what is wrong with it."""
    winner = find_winner(candidates)
    if winner is not None:
        return _resolve(declaration, winner, around, problems)
    problems += [_missing(declaration, around)] if declaration.required else []
    return _unset(declaration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is known of a name before it is given a value.

    Shape: *offered_rank* is that of the best value that it has by itself; *fitting* are types that
        values of it may be of, None for any.
    """

    name: str
    declaration: Declaration
    kind: Literal["input", "variable"]
    is_sensitive: bool
    offered_rank: int
    fitting: frozenset[type] | None


def declare(declaration: Declaration, offered: tuple[GivenValue, ...]) -> Declared:
    """Return what is known of *declaration*, which has the values *offered* by itself."""
    declared_type = declaration.type if isinstance(declaration, InputDeclaration) else "any"
    return Declared(
        name=declaration.name,
        declaration=declaration,
        kind=kind_of(declaration),
        is_sensitive=is_sensitive(declaration),
        offered_rank=min([RANKS[each.layer] for each in offered], default=len(RANKS)),
        fitting=find_fitting(declared_type),
    )


def resolve_plainly(declared: Declared, given: GivenValue) -> ResolvedValue | None:
    """Return what `resolve_name` does for a literal that wins and fits; None for any other."""
    literal = given.value
    if type(literal) is not LiteralValue or declared.is_sensitive:
        return None
    value, fitting = literal.value, declared.fitting
    if fitting is not None and type(value) not in fitting:
        return None
    if RANKS[given.layer] >= declared.offered_rank:
        return None
    origin = ValueOrigin(
        name=given.name,
        kind_of_name=declared.kind,
        layer=given.layer,
        value=value,
        detail=given.detail,
    )
    return ResolvedValue(name=given.name, value=literal, origin=origin)


def _resolve(
    declaration: Declaration, winner: GivenValue, around: Surroundings, problems: list[Diagnostic]
) -> ResolvedValue:
    value = winner.value
    is_literal = isinstance(value, LiteralValue)
    if not is_literal and winner.layer != "source" and is_known_early(value):
        try:
            scope = EarlyScope(around.environment, all_service_entries(around))
            value = render_early(value, scope)
        except ValueMissing as missing:
            problems.append(_unknown_early(declaration, winner, missing))
    if isinstance(declaration, InputDeclaration) and isinstance(value, LiteralValue):
        misfit = find_misfit(value.value, declaration.type)
        problems += [_type_problem(declaration, winner, misfit)] if misfit else ()
    hidden = is_sensitive(declaration) or (not is_literal and _reads_hidden(winner.value))
    origin = ValueOrigin(
        name=declaration.name,
        kind_of_name=kind_of(declaration),
        layer=winner.layer,
        value=_mask(declaration, value) if hidden else shown_text(value),
        detail=winner.detail,
        sensitive=hidden,
    )
    return ResolvedValue(name=declaration.name, value=value, origin=origin, sensitive=hidden)


def _reads_hidden(value: Value) -> bool:
    return any(read_names(value, root) for root in ("secrets", "me"))


def _mask(declaration: Declaration, value: Value) -> str:
    names = read_names(value, "secrets")
    return f"[secret:{names[0]}]" if names else f"[sensitive:{declaration.name}]"


def _unset(declaration: Declaration) -> ResolvedValue:
    sensitive = is_sensitive(declaration)
    origin = ValueOrigin(
        name=declaration.name,
        kind_of_name=kind_of(declaration),
        layer="unset",
        sensitive=sensitive,
    )
    return ResolvedValue(
        name=declaration.name,
        value=LiteralValue(None),
        origin=origin,
        is_set=False,
        sensitive=sensitive,
    )


# --- problems ------------------------------------------------------------------------------------


def _missing(declaration: Declaration, around: Surroundings) -> Diagnostic:
    kind, name = kind_of(declaration), declaration.name
    title = f"required {kind} `{name}` has no value"
    notes = [f"looked in: {', '.join(places_looked_in(declaration, around))}"]
    key = declaration.key if isinstance(declaration, VariableDeclaration) else name
    if variable := around.environment.unset_variables.get(key):
        notes.append(f"process variable `{variable}` is not set")
    return Diagnostic(code="RF301", title=title, notes=tuple(notes), hint=_remedy(declaration))


def _remedy(declaration: Declaration) -> str:
    name = declaration.name
    if isinstance(declaration, VariableDeclaration) and declaration.source == "me":
        return f"set the process variable REQFLO_ME_{declaration.key.upper().replace('-', '_')}"
    if declaration.sensitive:
        return f"give `{name}` a value in a case by `{{{{ secrets.NAME }}}}`, or a default"
    return f"give --set {name}=VALUE, a value in the case, or a default to `{name}`"


def _unknown_early(
    declaration: Declaration, winner: GivenValue, missing: ValueMissing
) -> Diagnostic:
    title = f"the value of `{declaration.name}` cannot be made: {missing}"
    return Diagnostic(code="RF301", title=title, notes=_origin_notes(winner))


def _type_problem(declaration: InputDeclaration, winner: GivenValue, misfit: str) -> Diagnostic:
    title = f"input `{declaration.name}` {misfit}"
    return Diagnostic(code="RF304", title=title, notes=_origin_notes(winner))


def _origin_notes(winner: GivenValue) -> tuple[str, ...]:
    is_plain = isinstance(winner.value, (PathExpression, CallExpression))
    written = f" ({shown_text(winner.value)})" if is_plain else ""
    return (f"it comes from {winner.detail or winner.layer}{written}",)
