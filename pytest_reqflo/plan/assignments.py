"""`--set NAME=TEXT` to typed values, checked against what a journey declares. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from pytest_reqflo.artifact.model import Artifact, InputType
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import GivenValue
from pytest_reqflo.values import Json

ReadTyped = Callable[[str, InputType], Json]


def read_assignments(
    sets: Collection[tuple[str, str]], artifact: Artifact, read_typed: ReadTyped
) -> tuple[GivenValue, ...]:
    """Return *sets* as values of layer ``set``; the text of a variable stays text.

    Raises: UsageProblem RF801 with every one that cannot be used.
    """
    if not sets:
        return ()
    types: Mapping[str, InputType] = {
        **{variable.name: "string" for variable in artifact.variables},
        **{each.name: each.type for each in artifact.inputs},
    }
    secrets = {
        **{key: key for key in secret_keys(artifact) if key not in types},
        **{each.name: each.key for each in artifact.variables if each.source == "secret"},
    }
    hidden = {each.name for each in artifact.inputs if each.sensitive}
    values: list[GivenValue] = []
    problems: list[Diagnostic] = []
    for name, text in sets:
        if name in secrets:
            problems.append(_secret_problem(name, secrets[name]))
        elif name not in types:
            hint = name_hint(name, types, what="Inputs and variables")
            title = f"--set {name}: the journey declares no input or variable `{name}`"
            problems.append(Diagnostic(code="RF801", title=title, hint=hint))
        else:
            try:
                value = read_typed(text, types[name])
            except ValueError as error:
                # A sentence quotes the text after these words; that of a sensitive input is not shown.
                why = str(error).partition(", not ")[0] if name in hidden else str(error)
                problems.append(Diagnostic(code="RF801", title=f"--set {name}: {why}"))
            else:
                literal = LiteralValue(value)
                values.append(GivenValue(name=name, layer="set", value=literal, detail="--set"))
    if problems:
        raise UsageProblem(*problems)
    return tuple(values)


def secret_keys(artifact: Artifact) -> tuple[str, ...]:
    """Return the names of the secrets that a journey uses, as their providers know them."""
    keys = [each.key for each in artifact.variables if each.source == "secret"]
    return tuple(dict.fromkeys((*artifact.secrets, *keys)))


def _secret_problem(name: str, key: str) -> Diagnostic:
    title = f"--set {name}: `{name}` is a secret, and command lines are not kept secret"
    hint = f"put `{key}` where a secret provider of the environment finds it"
    return Diagnostic(code="RF801", title=title, hint=hint)
