"""Log records are clean from the moment they are made, for every handler."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from pytest_reqflo.host.logs import install_log_factory

VALUE = "s3cr3t-value/1"


def hide(text: str) -> str:
    return text.replace(VALUE, "[secret:KEY]")


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append
    logger = logging.getLogger("suite")
    logger.addHandler(handler)
    logger.propagate = False
    uninstall = install_log_factory(hide)
    yield kept
    uninstall()
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((f"sent {VALUE}",), "sent [secret:KEY]"),
        (("sent %s and %d", VALUE, 7), "sent [secret:KEY] and 7"),
        (("sent %(key)s", {"key": VALUE}), "sent [secret:KEY]"),
        (("100 % of [secret:KEY]",), "100 % of [secret:KEY]"),
        (("plain %s", "text"), "plain text"),
        ((["list", VALUE],), "['list', '[secret:KEY]']"),
    ],
)
def test_message_and_arguments(records, arguments, shown):
    logging.getLogger("suite").warning(*arguments)

    assert [each.getMessage() for each in records] == [shown]
    assert VALUE not in str([vars(each) for each in records])


def test_a_record_without_hidden_values_keeps_its_arguments(records):
    logging.getLogger("suite").warning("%s of %s", 1, 2)

    assert (records[0].msg, records[0].args) == ("%s of %s", (1, 2))


def test_arguments_that_do_not_fit_are_not_printed_by_logging(records):
    logging.getLogger("suite").warning("one %s", VALUE, "too many")

    assert records[0].getMessage() == "one %s ('[secret:KEY]', 'too many')"


def test_tracebacks_and_stacks(records):
    try:
        raise ValueError(VALUE)
    except ValueError:
        logging.getLogger("suite").exception("failed", stack_info=True)

    shown = logging.Formatter().format(records[0])
    assert "ValueError: [secret:KEY]" in shown
    assert VALUE not in shown


def test_a_traceback_without_hidden_values_stays_an_exception(records):
    error = ValueError("plain")

    logging.getLogger("suite").error("failed", exc_info=error)

    assert records[0].exc_info[1] is error


def test_the_factory_before_is_called_and_comes_back():
    seen = []
    before = logging.getLogRecordFactory()

    def own(*args, **arguments):
        seen.append(args[0])
        return before(*args, **arguments)

    logging.setLogRecordFactory(own)
    try:
        install_log_factory(hide)()
        assert logging.getLogRecordFactory() is own
        uninstall = install_log_factory(hide)
        logging.getLogger("suite.made").warning("x")
        uninstall()
    finally:
        logging.setLogRecordFactory(before)
    assert seen == ["suite.made"]


def test_a_factory_that_was_set_later_stays_and_ours_sleeps():
    before = logging.getLogRecordFactory()
    uninstall = install_log_factory(hide)
    ours = logging.getLogRecordFactory()

    def later(*args, **arguments):
        return ours(*args, **arguments)

    logging.setLogRecordFactory(later)
    try:
        uninstall()
        assert logging.getLogRecordFactory() is later
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        logging.getLogger("suite.late").addHandler(handler)
        logging.getLogger("suite.late").warning(VALUE)
        assert stream.getvalue() == f"{VALUE}\n"
    finally:
        logging.getLogger("suite.late").removeHandler(handler)
        logging.setLogRecordFactory(before)
