"""The outputs that a step declares: paths and patterns read and checked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reqflo.artifact.model import OutputSpec
from pytest_reqflo.compile.assertions import check_pattern, check_query
from pytest_reqflo.compile.declarations import note_twice
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.reading import read_output_path
from pytest_reqflo.compile.repeated import Repeated, key_of
from pytest_reqflo.lang.template import TemplateProblem
from pytest_reqflo.syntax import model as m


def compile_outputs(
    models: Sequence[m.OutputModel], place: Place, findings: Findings
) -> tuple[OutputSpec, ...]:
    """Return the outputs of the step at *place*, with what is wrong with them noted."""
    if not models:
        return ()
    place = place.at("outputs")
    if len({each.name for each in models}) < len(models):
        named = [(each.name, place.at(i, "name")) for i, each in enumerate(models)]
        note_twice("output", named, findings)
    return tuple([_find_output(each, place, i, findings) for i, each in enumerate(models)])


_KNOWN: Repeated[OutputSpec] = Repeated()


def _find_output(model: m.OutputModel, place: Place, index: int, findings: Findings) -> OutputSpec:
    key = key_of(model)
    spec = _KNOWN.find(key)
    if spec is None:
        spec = _output(model, place.at(index), findings)
        if not findings.found:
            _KNOWN.keep(key, spec)
    return spec


def _output(model: m.OutputModel, place: Place, findings: Findings) -> OutputSpec:
    try:
        path = read_output_path(model.path)
        if path.query:
            check_query(path.query, place, "path", findings)
    except TemplateProblem as problem:
        label = place.at("path").part_label(problem.offset, problem.length)
        findings.note(problem.code, problem.message, label, hint=problem.hint)
        path = read_output_path("body")
    if model.pattern is not None:
        check_pattern(model.pattern, place, "pattern", findings)
    return OutputSpec(
        name=model.name,
        source=path.source,
        path=path.path,
        query=path.query,
        pattern=model.pattern or "",
        sensitive=model.sensitive,
        required=model.required,
    )
