"""Log records without hidden values: for live logs, log files and handlers of other plugins."""

from __future__ import annotations

import contextvars
import copy
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from pytest_reqflo.host.hiding import Hide
from pytest_reqflo.values import printable

Uninstall = Callable[[], None]

_BELOW_EVERY_HANDLER = -1

MOST_RECORDS = 10_000
"""Log records that are kept of one run; the oldest give way."""

_Place: TypeAlias = contextvars.ContextVar[deque[logging.LogRecord] | None]

_KEPT: _Place = contextvars.ContextVar("reqflo_kept_records", default=None)
"""Where the records of the run at hand wait for the turn of its item."""


_NOTED: _Place = contextvars.ContextVar("reqflo_noted_records", default=None)
"""Where the records of the run at hand are noted besides."""


class _Putting:
    """While it lasts, what is logged here is put into *records*, at *place*."""

    __slots__ = ("_place", "_records", "_token")

    def __init__(self, place: _Place, records: deque[logging.LogRecord]) -> None:
        self._place = place
        self._records = records

    def __enter__(self) -> None:
        self._token = self._place.set(self._records)

    def __exit__(self, *_: object) -> None:
        self._place.reset(self._token)


def noting_records(records: deque[logging.LogRecord]) -> AbstractContextManager[None]:
    """Put what is logged here into *records* too; it is handled as ever."""
    return _Putting(_NOTED, records)


def release(records: deque[logging.LogRecord], released: deque[logging.LogRecord]) -> None:
    """Hand *records* that were kept to their loggers, here and now, and put them into *released*."""
    while records:
        record = records.popleft()
        released.append(record)
        logging.getLogger(record.name).handle(record)


def log_text(records: Iterable[logging.LogRecord], hide: Hide) -> str:
    """Return *records* as the lines of a log, with the secrets known by now hidden.

    Shape: of more than `MOST_CHARACTERS` a last line tells how much was left out.
    """
    shown = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    lines: list[str] = []
    size = left = 0
    for each in records:
        line = f"{printable(hide(_text_of(shown, each)))}\n"
        size += len(line)
        if size > MOST_CHARACTERS:
            left += 1
        else:
            lines.append(line)
    return "".join(lines) + (f"... {left} more records\n" if left else "")


def _text_of(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    try:
        return formatter.format(record)
    except Exception:  # noqa: BLE001  # arguments that do not fit
        return _message_of(record)


def keeping_records(records: deque[logging.LogRecord]) -> AbstractContextManager[None]:
    """Put what this task logs into *records*, instead of under whatever test runs meanwhile."""
    return _Putting(_KEPT, records)


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
    noted = _NOTED.get()
    if noted is not None:
        noted.append(record)
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


MOST_CHARACTERS = 1024 * 1024
"""Characters of a log that are kept with the record of a run."""
