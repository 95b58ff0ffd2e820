"""Log records without hidden values: for live logs, log files and handlers of other plugins."""

from __future__ import annotations

import contextlib
import contextvars
import copy
import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pytest_reqflo.host.hiding import Hide

Uninstall = Callable[[], None]

_BELOW_EVERY_HANDLER = -1

_KEPT: contextvars.ContextVar[deque[logging.LogRecord] | None] = contextvars.ContextVar(
    "reqflo_kept_records", default=None
)
"""Where the records of the run at hand wait for the turn of its item."""


@contextlib.contextmanager
def keeping_records(records: deque[logging.LogRecord]) -> Iterator[None]:
    """Put what this task logs into *records*, instead of under whatever test runs meanwhile."""
    token = _KEPT.set(records)
    try:
        yield
    finally:
        _KEPT.reset(token)


def install_log_factory(hide: Hide) -> Uninstall:
    """Pass every log record of this process through *hide*; return what ends it.

    A record reaches many handlers, some of which keep it or format it in ways of their own. It is
    made once, and is clean from then on.
    """
    previous = logging.getLogRecordFactory()
    is_active = True

    def make_record(*args: Any, **arguments: Any) -> logging.LogRecord:
        record = previous(*args, **arguments)
        if is_active:
            hide_record(record, hide)
        return _keep(record)

    def uninstall() -> None:
        nonlocal is_active
        is_active = False
        # A factory that was set after ours may call ours: then it stays, and does nothing.
        if logging.getLogRecordFactory() is make_record:
            logging.setLogRecordFactory(previous)

    logging.setLogRecordFactory(make_record)
    return uninstall


def _keep(record: logging.LogRecord) -> logging.LogRecord:
    """Return *record*, or one that no handler takes when it is to be kept."""
    records = _KEPT.get()
    if records is None:
        return record
    records.append(record)
    silent = copy.copy(record)
    silent.levelno = _BELOW_EVERY_HANDLER
    return silent


def hide_record(record: logging.LogRecord, hide: Hide) -> None:
    """Take hidden values out of the message, the traceback and the stack of *record*."""
    message = _message_of(record)
    shown = hide(message)
    if shown != message:
        record.msg, record.args = shown, ()
    if record.exc_info and record.exc_info[0] is not None:
        _hide_traceback(record, hide)
    if record.stack_info:
        record.stack_info = hide(record.stack_info)


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # arguments that do not fit: logging prints them as they are
        return f"{record.msg} {record.args}"


def _hide_traceback(record: logging.LogRecord, hide: Hide) -> None:
    text = logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
    shown = hide(text)
    if shown != text:
        # The exception itself would be formatted again by whoever does not look at the text.
        record.exc_info, record.exc_text = None, shown
