"""The trace that is under way where pytest runs, as headers. Loads nothing: a trace has loaded it."""

from __future__ import annotations

import re
import sys

from pytest_reqflo.plan.model import TraceHeaders

_PARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_STATE = re.compile(r"[\x20-\x7e]{1,512}")


def find_trace() -> TraceHeaders:
    """Return the headers that make the current OpenTelemetry span the parent, none without one.

    Shape: ``traceparent`` and perhaps ``tracestate``; baggage and the headers of other formats may hold
        what no server should see, and stay here.
    Source: W3C Trace Context.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or not trace.get_current_span().get_span_context().is_valid:
        return ()
    from opentelemetry import propagate

    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    parent, state = carrier.get("traceparent", ""), carrier.get("tracestate", "")
    if not _PARENT.fullmatch(parent):
        return ()
    found = (("traceparent", parent),)
    return (*found, ("tracestate", state)) if _STATE.fullmatch(state) else found
