"""The clocks of this machine."""

from __future__ import annotations

import re
import signal

import pytest

from pytest_reqflo.engine.clock import SystemClock


def test_the_time_of_day_is_utc_with_microseconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", SystemClock().now())


def test_a_wait_takes_its_time():
    clock = SystemClock()
    started_s = clock.monotonic_s()
    clock.wait(0.02)

    assert clock.monotonic_s() - started_s >= 0.02


def test_no_wait_for_nothing():
    SystemClock().wait(0)
    SystemClock().wait(-1)


def test_ctrl_c_ends_a_wait_at_once():
    clock = SystemClock()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        started_s = clock.monotonic_s()
        with pytest.raises(KeyboardInterrupt):
            clock.wait(60)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert clock.monotonic_s() - started_s < 5
