"""Exceptions without hidden values, for reporters that read them and not the report made of them."""

from __future__ import annotations

import contextlib
import operator

from pytest_reqflo.host.hiding import Hide, hide_in


def hide_exception(error: BaseException, hide: Hide) -> BaseException:
    """Return *error* with the texts changed that it, its causes and its notes show.

    Shape: *error* itself, or what is raised in its place when its class does not let its text go.
    Some reporters read the exception itself and not the report that is made of it.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
        _hide_texts(each, hide)
        _replace_parts(each, hide)
    return _changed(error, hide)


def _replace_parts(error: BaseException, hide: Hide) -> None:
    if error.__cause__ is not None:
        error.__cause__ = _changed(error.__cause__, hide)
    if error.__context__ is not None:
        error.__context__ = _changed(error.__context__, hide)


def _changed(error: BaseException, hide: Hide) -> BaseException:
    """Return *error*, or another exception when its text could not be changed in place.

    A class of the suite may make its text of anything, so only another class is sure not to.
    """
    text = _text_of(error)
    shown = hide(text)
    if isinstance(error, BaseExceptionGroup):
        parts = [_changed(each, hide) for each in error.exceptions]
        if shown == text and all(map(operator.is_, parts, error.exceptions)):
            return error
        made: BaseException = error.derive(parts)
        if hide(error.message) != error.message:
            made = type(made)(hide(error.message), parts)
    elif shown == text:
        return error
    else:
        made = RuntimeError(f"{type(error).__name__}: {shown}")
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    return made.with_traceback(error.__traceback__)


def _hide_texts(error: BaseException, hide: Hide) -> None:
    notes = getattr(error, "__notes__", None)
    if notes:
        error.__notes__ = [hide(str(note)) for note in notes]
    text = _text_of(error)
    if hide(text) == text:
        return
    for name, item in vars(error).items():
        if type(item) is str:
            setattr(error, name, hide(item))
    if isinstance(error, UnicodeError):
        for name in ("reason", "encoding"):
            with contextlib.suppress(AttributeError, TypeError):
                setattr(error, name, hide(str(getattr(error, name))))
    if isinstance(error, OSError):
        error.filename, error.strerror = hide_in((error.filename, error.strerror), hide)
    # Not `hide_in`: an argument may be any object of the suite, which is not ours to change.
    error.args = tuple(hide(item) if isinstance(item, str) else item for item in error.args)
    shown = _text_of(error)
    if hide(shown) != shown:
        error.args = (hide(text),)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # any class of the suite
        return ""
