"""What the code of a suite does with a secret while journeys run: print, log, warn, fail, crash.

The fixtures are asked for by journeys that use the secret themselves, so it is known from the setup
of the item on. The suite reads it where the provider `env` has it, as suites do.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from canaries import Canary
    from canary_project import CanaryProject

_HEAD = '''
import base64, json, logging, os, signal, subprocess, sys, warnings
import pytest

SECRET = os.environ["{name}"]
log = logging.getLogger("suite.signing")


def sign(key):
    text = f"cannot sign with {{key}}"
    raise RuntimeError(text)


def say(where):
    print("print", where, SECRET)
    print("json", where, json.dumps({{"key": SECRET}}), file=sys.stderr)
    os.write(1, b"descriptor " + base64.b64encode(SECRET.encode()) + b"\\n")
    subprocess.run(["echo", "child", where, SECRET], check=True)


def note(where):
    log.debug("%s: plain %s", where, SECRET)
    log.info("%(where)s: mapping %(key)s", {{"where": where, "key": SECRET}})
    log.info({{"object": SECRET}})
    log.warning("%s: object %r", where, [SECRET, SECRET.encode()])
    log.warning("%s: url https://ada:%s@shop.invalid/", where, SECRET)
    logging.getLogger("httpx").info("HTTP Request: GET https://shop.invalid/?key=%s", SECRET)
    logging.getLogger("httpcore.http11").debug("headers %r", [(b"X-Key", SECRET.encode())])
    try:
        sign(SECRET)
    except RuntimeError:
        log.exception("%s: exception %s", where, SECRET)
    log.error("%s: stack %s", where, SECRET, stack_info=True)


def warn(where):
    warnings.warn(f"{{where}}: {{SECRET}}", stacklevel=1)
    warnings.warn(UserWarning(where, SECRET), stacklevel=1)


class Rubbish(dict):
    """A mapping that cannot be read."""

    def items(self):
        raise KeyError(f"no items for {{SECRET}}")

    __iter__ = keys = values = get = items
'''

_FIXTURES = {
    "prints_before": "say('setup')",
    "prints_after": "yield\n    say('teardown')",
    "logs_before": "note('setup')",
    "logs_after": "yield\n    note('teardown')",
    "warns_before": "warn('setup')",
    "warns_after": "yield\n    warn('teardown')",
    "raises_before": "key = SECRET\n    sign(key)",
    "raises_after": "yield\n    key = SECRET\n    sign(key)",
    "asserts_before": "key = SECRET\n    assert {'key': key} == {'key': 'x'}",
    "asserts_after": "yield\n    key = SECRET\n    assert key == 'x', f'not {key}'",
    "raises_from": "try:\n        sign(SECRET)\n    except RuntimeError as error:\n        raise ValueError(f'bad {SECRET}') from error",
    "raises_with_note": "error = KeyError(SECRET)\n    error.add_note(f'key {SECRET}')\n    raise error",
    "raises_group": "raise ExceptionGroup(f'all of {SECRET}', [ValueError(SECRET), OSError(1, SECRET)])",
    "raises_no_text": "raise UnicodeDecodeError('utf-8', SECRET.encode(), 0, 1, SECRET)",
    "fails_before": "pytest.fail(f'no key {SECRET}')",
    "fails_briefly": "pytest.fail(f'no key {SECRET}', pytrace=False)",
    "skips": "pytest.skip(f'no key {SECRET}')",
    "xfails": "pytest.xfail(f'no key {SECRET}')",
    "records": "record_property('key', SECRET)\n    request.node.user_properties.append((SECRET, {'a': [SECRET]}))",
    "adds_section": "request.node.add_report_section('setup', f'extra {SECRET}', SECRET)",
    "logs_badly": "log.error('too few: %s %s', SECRET)",
}  # fmt: skip

_OVERRIDES = {
    "reqflo_environment": {
        "unknown_key": "{SECRET: 1}",
        "service_name": "{'services': {SECRET: 5}}",
        "value_name": "{'values': {SECRET: object()}}",
        "base_url": "SECRET",
        "scheme": "f'ftp://{SECRET}/'",
        "port": "f'http://127.0.0.1:{SECRET}'",
        "host": "f'http://{SECRET}.localhost:1'",
        "host_unknown": "f'http://{SECRET}.invalid'",
        "userinfo": "f'http://ada:{SECRET}@127.0.0.1:1/'",
        "origin": "{'allowed_origins': [SECRET, f'http://{SECRET}']}",
        "rubbish": "Rubbish(base_url=SECRET)",
        "raising": "sign(SECRET)",
    },
    "reqflo_inputs": {
        "input_unknown": "{'nothing': SECRET}",
        "input_name": "{SECRET: 1}",
        "input_no_json": "{SECRET: object()}",
        "input_wrong_type": "{'number': SECRET}",
        "input_rubbish": "Rubbish(number=SECRET)",
    },
}

_CRASHES = {
    "crash_killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "crash_aborted": "os.abort()",
}
_PLAIN_TESTS = """
from suite import SECRET, note, sign, warn


def test_that_passes():
    note("a plain test")
    warn("a plain test")


def test_that_fails():
    key = SECRET
    sign(key)
"""

_TRACER = """
from suite import *
import traceback


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    # Reporters such as those of tracing read the exception before any report is made of it.
    try:
        return (yield)
    except Exception as error:
        seen = traceback.TracebackException.from_exception(error, capture_locals=True)
        if item.path.suffix == ".yaml":
            with open(os.environ["TRACE_FILE"], "a") as file:
                file.writelines(seen.format())
        raise
"""


def write_suite_code(
    project: CanaryProject, canary: Canary, only: Container[str] | None = None
) -> None:
    """Write journeys whose fixtures do all of this with *canary*, a secret of provider `env`.

    Shape: *only* are the names of the fixtures and overrides to write, all by default.
    """
    project.write("suite.py", _HEAD.format(name=canary.name))
    lines = [_TRACER]
    for name, body in _FIXTURES.items():
        if only is None or name in only:
            arguments = "request, record_property" if name == "records" else "request"
            lines.append(f"@pytest.fixture\ndef {name}({arguments}):\n    {body}\n")
            _write_journey(project, f"fixtures/{name}", canary, fixtures=[name])
    project.write("conftest.py", "\n\n".join(lines))
    for fixture, overrides in _OVERRIDES.items():
        for name, value in overrides.items():
            if only is None or name in only:
                _override(project, name, canary, fixture, value)


def write_crashes(project: CanaryProject, canary: Canary) -> None:
    """Write journeys that end their xdist worker, each in its own way."""
    path = project.path / "conftest.py"
    text = path.read_text()
    for name, end in _CRASHES.items():
        text += f"\n@pytest.fixture\ndef {name}():\n    key = SECRET\n    say('end')\n    note('end')\n    {end}\n"
        _write_journey(project, f"crashes/{name}", canary, fixtures=[name])
    path.write_text(text)


def write_plain_tests(project: CanaryProject) -> None:
    """Write Python tests that run after journeys, when the secret is known."""
    project.write("test_last.py", _PLAIN_TESTS)


def _override(
    project: CanaryProject, folder: str, canary: Canary, fixture: str, value: str
) -> None:
    text = f"from suite import *\n\n@pytest.fixture\ndef {fixture}():\n    return {value}\n"
    project.write(f"overrides/{folder}/conftest.py", text)
    number = {"name": "number", "type": "integer", "default": 1}
    _write_journey(project, f"../overrides/{folder}/{folder}", canary, inputs=[number])


def _write_journey(project: CanaryProject, name: str, canary: Canary, **keys: object) -> None:
    fixtures = keys.pop("fixtures", [])
    step = {
        "request": {
            "method": "POST",
            "url": "/echo/raw",
            "json": {"value": "{{ secrets." + canary.name + " }}"},
        },
        "assertions": [{"type": "status_code", "expected": 299}],
    }
    project.journey(name, step, settings={"fixtures": fixtures}, **keys)
