"""The same journeys, or the same rows of one journey, in the format of each side.

The files of `formats/` are templates: each is filled in once for a journey, or once for all.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_FORMATS = Path(__file__).parent / "formats"
STEPS = 4
"""Requests of one journey; a row has one."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is carried out.

    Shape: *count* is the number of journeys, or of rows of one journey where *is_rows*.
    """

    count: int
    delay_ms: int = 0
    is_rows: bool = False

    @property
    def requests(self) -> int:
        return self.count * (1 if self.is_rows else STEPS)


def write_suite(form: str, folder: Path, work: Work, url: str) -> Path:
    """Write the suite of one format and return the folder to run it in."""
    suite = folder / form
    if not suite.exists():
        suite.mkdir(parents=True)
        _WRITERS[form](suite, work, url)
    return suite


def tokens_of(work: Work, url: str) -> dict[str, str]:
    """Return what is filled into a template, or into a command, that is for all journeys."""
    delay = f"delay={work.delay_ms}" if work.delay_ms else ""
    return {
        "@BASE@": url,
        "@PORT@": url.rpartition(":")[2],
        "@COUNT@": str(work.count),
        "@STEPS@": str(work.requests // work.count),
        "@DELAY@": f"?{delay}" if delay else "",
        "@AND_DELAY@": f"&{delay}" if delay else "",
    }


def fill(text: str, tokens: Mapping[str, str]) -> str:
    """Return *text* with its tokens replaced."""
    for token, value in tokens.items():
        text = text.replace(token, value)
    return text


def _order_of(number: int) -> dict[str, str]:
    quantity = number % 9 + 1
    return {
        "@CUSTOMER@": f"cust-{number}",
        "@SKU@": f"SKU-{number % 97}",
        "@QTY@": str(quantity),
        "@TOTAL@": str(quantity * 10),
    }


# --- formats -------------------------------------------------------------------------------------


def _each(template: str, work: Work, url: str) -> Iterator[tuple[str, str]]:
    """Yield number and text of each journey."""
    text = fill(_read(template), tokens_of(work, url))
    for number in range(work.count):
        name = f"{number:05}"
        yield name, fill(text, {"@NUMBER@": name, **_order_of(number)})


def _files(template: str, name: str) -> Callable[[Path, Work, str], None]:
    """Return a writer of one file for each journey; *name* says how the file is called."""

    def write(suite: Path, work: Work, url: str) -> None:
        for number, text in _each(template, work, url):
            path = suite / name.format(number)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


def _write_reqflo(suite: Path, work: Work, url: str) -> None:
    (suite / "pytest.ini").write_text("[pytest]\n")
    (suite / "environments").mkdir()
    environment = fill(_read("environment.yaml"), tokens_of(work, url))
    (suite / "environments" / "local.yaml").write_text(environment)
    if work.is_rows:
        _write_rows(suite, work)
        (suite / "rows.journey.yaml").write_text(fill(_read("rows.yaml"), tokens_of(work, url)))
    else:
        _files("journey.yaml", "j{}.journey.yaml")(suite, work, url)


def _with_conftest(*templates: str) -> Callable[[Path, Work, str], None]:
    """Return a writer of our suite with plugins of its own."""

    def write(suite: Path, work: Work, url: str) -> None:
        _write_reqflo(suite, work, url)
        for template in templates:
            (suite / template).write_text(_read(template))
        # A suite's own fixtures go before those of plugins only where a conftest.py defines them.
        lines = [f"from {template.removesuffix('.py')} import *\n" for template in templates]
        (suite / "conftest.py").write_text("".join(lines))

    return write


def _write_handwritten(suite: Path, work: Work, url: str) -> None:
    (suite / "pytest.ini").write_text("[pytest]\n")
    if work.is_rows:
        _write_rows(suite, work)
    template = "handwritten_rows.py" if work.is_rows else "handwritten_journeys.py"
    (suite / "test_orders.py").write_text(fill(_read(template), tokens_of(work, url)))


def _write_gabbi(suite: Path, work: Work, url: str) -> None:
    _files("gabbi.yaml", "gabbits/j{}.yaml")(suite, work, url)
    module = fill(_read("gabbi_module.py"), tokens_of(work, url))
    (suite / "test_gabbi.py").write_text(module)


def _write_postman(suite: Path, work: Work, url: str) -> None:
    collection = {
        "info": {
            "name": "journeys",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": [json.loads(text) for _, text in _each("postman.json", work, url)],
    }
    (suite / "collection.json").write_text(json.dumps(collection))


def _write_one_test(suite: Path, _: Work, __: str) -> None:
    (suite / "pytest.ini").write_text("[pytest]\n")
    (suite / "test_one.py").write_text("def test_one():\n    assert True\n")


def _write_nothing(suite: Path, _: Work, __: str) -> None:
    (suite / "pytest.ini").write_text("[pytest]\n")


def _write_rows(suite: Path, work: Work) -> None:
    with (suite / "rows.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "sku", "qty", "total"])
        rows.writerows(_order_of(number).values() for number in range(work.count))


def _read(template: str) -> str:
    return (_FORMATS / template).read_text()


_WRITERS: Mapping[str, Callable[[Path, Work, str], None]] = {
    "reqflo": _write_reqflo,
    "with fixtures": _with_conftest("fixtures.py"),
    "resident": _with_conftest("resident.py"),
    "resident with fixtures": _with_conftest("resident.py", "fixtures.py"),
    "handwritten": _write_handwritten,
    "tavern": _files("tavern.yaml", "test_j{}.tavern.yaml"),
    "httpchain": _files("httpchain.json", "test_j{}.http.json"),
    "gabbi": _write_gabbi,
    "newman": _write_postman,
    "hurl": _files("hurl.hurl", "j{}.hurl"),
    "one test": _write_one_test,
    "nothing": _write_nothing,
}
