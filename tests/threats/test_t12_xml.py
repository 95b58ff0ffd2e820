"""T12: no XML is ever parsed, so no entity of it can be: the package imports no parser for it."""

from __future__ import annotations

import subprocess
import sys

from package import imported_names, modules

PARSERS = (
    "xml",
    "lxml",
    "defusedxml",
    "xmltodict",
    "bs4",
    "html5lib",
    "html.parser",
    "plistlib",
    "pyexpat",
)


def test_no_module_imports_a_parser_of_xml_or_html() -> None:
    found = {
        (str(path), name)
        for path, tree in modules()
        for name in imported_names(tree)
        if any(name == parser or name.startswith(f"{parser}.") for parser in PARSERS)
    }
    assert found == set()


def test_a_run_loads_none_either() -> None:
    script = (
        "import sys, pytest_reqflo.engine.local, pytest_reqflo.engine.http, pytest_reqflo.run.journey,"
        " pytest_reqflo.lang.schema\n"
        "print(sorted(set(sys.modules) & {'lxml', 'defusedxml', 'xml.etree.ElementTree', 'xml.sax', 'xml.dom.minidom'}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
