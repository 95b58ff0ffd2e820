"""JSONPath (RFC 9535) by its parser. The only door to jsonpath_rfc9535. No I/O; time is bounded.

Queries come from authors, and patterns in them also from responses, so every search and every
selection has a limit. Loaded by the first query that is more than names and numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import jsonpath_rfc9535
from jsonpath_rfc9535.filter_expressions import (
    ComparisonExpression,
    FilterExpression,
    FilterQuery,
    FunctionExtension,
    LogicalExpression,
    PrefixExpression,
    StringLiteral,
)
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.segments import JSONPathSegment
from jsonpath_rfc9535.selectors import FilterSelector, NameSelector

from pytest_reqflo.lang.expression import Segment
from pytest_reqflo.lang.iregexp import compile_iregexp
from pytest_reqflo.lang.patterns import PatternProblem, PatternTimeout, search
from pytest_reqflo.lang.select import QueryProblem, SelectProblem
from pytest_reqflo.values import MAX_JSON_DEPTH, Json

_deadline: ContextVar[float] = ContextVar("_deadline", default=float("inf"))


def compile_jsonpath(text: str) -> tuple[tuple[Segment, ...] | None, Any]:
    """Return the way of the singular query *text*, None for any other, and its compiled form.

    Raises: QueryProblem, also for a literal pattern that is no I-Regexp.
    """
    try:
        compiled = _ENVIRONMENT.compile(text)
        path = _find_path(compiled)
        _limit(compiled)
    except jsonpath_rfc9535.JSONPathError as error:
        offset = error.token.index if error.token else 0
        hint = "JSONPath follows RFC 9535, for example $.items[0].id"
        raise QueryProblem(str(error.args[0]), min(offset, len(text) - 1), hint) from None
    except RecursionError:
        raise QueryProblem("a JSONPath is nested too deeply") from None
    except (ValueError, OverflowError):
        raise QueryProblem("a JSONPath holds a number that is too large") from None
    return path, compiled


def _find_path(compiled: jsonpath_rfc9535.JSONPathQuery) -> tuple[Segment, ...] | None:
    if not compiled.singular_query():
        return None
    selectors: list[Any] = [segment.selectors[0] for segment in compiled.segments]
    return tuple(item.name if isinstance(item, NameSelector) else item.index for item in selectors)


def select_all(compiled: Any, document: Json, *, text: str, limit_s: float) -> tuple[Json, ...]:
    """Return the values that *compiled*, made of *text*, selects, in document order.

    Raises: SelectProblem when depth or time run out.
    """
    token = _deadline.set(time.monotonic() + limit_s)
    try:
        return tuple(node.value for node in compiled.finditer(document))
    except (jsonpath_rfc9535.JSONPathRecursionError, RecursionError):
        raise SelectProblem(f"`{text}` met a value nested too deeply") from None
    except jsonpath_rfc9535.JSONPathError as error:
        raise SelectProblem(f"`{text}` cannot be applied: {error.args[0]}") from None
    except _TimeIsUp:
        raise SelectProblem(f"`{text}` took longer than {limit_s} s") from None
    except PatternTimeout:
        raise SelectProblem(f"a pattern in `{text}` took too long") from None
    finally:
        _deadline.reset(token)


# --- limits --------------------------------------------------------------------------------------


class _TimeIsUp(Exception):
    """The deadline of the selection has passed."""


class _LimitedSegment(JSONPathSegment):
    """A segment that stops when the time of the selection is up."""

    __slots__ = ("inner",)

    def __init__(self, inner: JSONPathSegment) -> None:
        super().__init__(env=inner.env, token=inner.token, selectors=inner.selectors)
        self.inner = inner

    def resolve(self, nodes: Iterable[Any]) -> Iterator[Any]:
        """Select as the segment within does."""
        _check_time()
        for node in self.inner.resolve(nodes):
            _check_time()
            yield node


def _check_time() -> None:
    if time.monotonic() >= _deadline.get():
        raise _TimeIsUp


def _limit(query: jsonpath_rfc9535.JSONPathQuery) -> None:
    """Put a limit into *query* and into the queries within its filters."""
    for segment in query.segments:
        for selector in segment.selectors:
            if isinstance(selector, FilterSelector):
                _limit_expression(selector.expression)
    query.segments = tuple(_LimitedSegment(segment) for segment in query.segments)


def _limit_expression(expression: Any) -> None:
    match expression:
        case FilterQuery():
            # Singular ones are short, and the package asks them again whether they are singular.
            if not expression.query.singular_query():
                _limit(expression.query)
        case FilterExpression():
            _limit_expression(expression.expression)
        case PrefixExpression():
            _limit_expression(expression.right)
        case LogicalExpression() | ComparisonExpression():
            _limit_expression(expression.left)
            _limit_expression(expression.right)
        case FunctionExtension():
            for argument in expression.args:
                _limit_expression(argument)
        case _:
            pass


class _PatternFunction(FilterFunction):
    """`match` and `search` of RFC 9535, bounded in time."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012  # as the package asks
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole

    def __call__(self, text: object, pattern: object) -> bool:
        """Return whether *text* fits; false when either is no text or *pattern* is malformed."""
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        _check_time()
        try:
            return search(compile_iregexp(pattern, whole=self.whole), text) is not None
        except PatternProblem:
            return False


class _Environment(jsonpath_rfc9535.JSONPathEnvironment):
    """The grammar of RFC 9535 with our pattern functions; as deep as the JSON that we read."""

    max_recursion_depth = MAX_JSON_DEPTH + 1

    def setup_function_extensions(self) -> None:
        """Put our functions in place of the standard ones."""
        super().setup_function_extensions()
        self.function_extensions["match"] = _PatternFunction(whole=True)
        self.function_extensions["search"] = _PatternFunction(whole=False)

    def check_well_typedness(self, token: Any, func: Any, args: list[Any]) -> None:
        """Refuse a literal pattern that can never match."""
        super().check_well_typedness(token, func, args)
        if isinstance(func, _PatternFunction) and isinstance(args[1], StringLiteral):
            try:
                compile_iregexp(args[1].value, whole=func.whole)
            except PatternProblem as problem:
                message = f"the pattern of `{token.value}` is malformed: {problem.message}"
                raise jsonpath_rfc9535.JSONPathSyntaxError(message, token=args[1].token) from None


_ENVIRONMENT = _Environment()
