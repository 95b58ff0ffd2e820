"""What stops a try before anything is sent, and the problems that the interpreter reports. Pure."""

from __future__ import annotations

from pytest_reqflo.result import Category, Problem


class WireProblem(Exception):
    """A request that cannot be built from its values: one sentence without a value, and one hint."""

    code = "RF405"
    category: Category = "values"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class LinkRefused(WireProblem):
    """A link in an answer leads a request, or its secrets, where the author did not send them."""

    code = "RF409"
    category: Category = "refused"


class SecretRefused(WireProblem):
    """A secret would be sent to an origin that it is not bound to."""

    code = "RF620"
    category: Category = "refused"


def interrupted_problem(reason: str, pointer: str) -> Problem:
    """Return RF507."""
    return Problem(
        code="RF507",
        category="interrupted",
        message=f"the run was interrupted: {reason}",
        pointer=pointer,
    )


def values_problem(code: str, message: str, pointer: str, hint: str = "") -> Problem:
    """Return the problem of a value that is missing or cannot be used."""
    return Problem(code=code, category="values", message=message, pointer=pointer, hint=hint)
