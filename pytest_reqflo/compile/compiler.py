"""Turn a loaded journey and its library into an artifact, or into every problem that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    ConditionSpec,
    OutputSpec,
    PollSpec,
    RequestSpec,
    RetrySpec,
    RunSettings,
    StepSpec,
)
from pytest_reqflo.compile.assertions import (
    AssertionCompiler,
    check_expected,
    check_pattern,
    check_query,
)
from pytest_reqflo.compile.cases import CaseChecker
from pytest_reqflo.compile.declarations import (
    check_names,
    declare_inputs,
    declare_variables,
    note_twice,
)
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.overlays import (
    AddedAssertions,
    added_assertions,
    find_overlays,
    overlay_journey,
    overlay_templates,
)
from pytest_reqflo.compile.references import (
    CONDITION_ROOTS,
    References,
    StepName,
    step_id_of,
)
from pytest_reqflo.compile.requests import RequestCompiler
from pytest_reqflo.compile.templates import (
    AdhocPolicy,
    AdhocRequest,
    Template,
    TemplateFinder,
)
from pytest_reqflo.compile.urls import literal_origin, may_be_whole
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.lang.expression import LiteralValue, TextValue, Value
from pytest_reqflo.lang.operators import OPERATORS
from pytest_reqflo.lang.outputs import parse_output_path
from pytest_reqflo.lang.template import TemplateProblem
from pytest_reqflo.syntax import model as m
from pytest_reqflo.syntax.journey import LoadedJourney
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.values import Digest, Json, digest_of, slugify

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What compiling gave: the artifact, its files, warnings, and the data file of the journey."""

    artifact: Artifact
    blobs: Mapping[Digest, bytes]
    warnings: tuple[Diagnostic, ...]
    rows_file: Path | None
    model: m.JourneyModel


def compile_journey(
    loaded: LoadedJourney, library: Library, *, adhoc: AdhocPolicy = "allow"
) -> Compilation:
    """Return the compiled journey.

    Raises: JourneyError with every problem of the journey and of what it uses, in file order.
    """
    findings = Findings(list(loaded.warnings))
    compiler = _Compiler.begin(loaded, library, findings, adhoc)
    artifact, rows_file = compiler.compile()
    warnings = findings.finish(loaded.shown)
    return Compilation(
        artifact=artifact,
        blobs=compiler.files.blobs,
        warnings=warnings,
        rows_file=rows_file,
        model=compiler.model,
    )


@dataclass(slots=True)
class _Compiler:
    """The parts that compiling one journey shares."""

    model: m.JourneyModel
    place: Place
    findings: Findings
    files: Files
    library: Library
    templates: TemplateFinder
    added: tuple[AddedAssertions, ...]
    references: References
    ids: tuple[str, ...]
    services: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)

    @classmethod
    def begin(
        cls, loaded: LoadedJourney, library: Library, findings: Findings, adhoc: AdhocPolicy
    ) -> _Compiler:
        place = Place(loaded.document, "/journey")
        overlays = (
            _asked(lambda: find_overlays(loaded.model, place, library, findings), findings) or ()
        )
        model, document = overlay_journey(loaded.document, loaded.model, overlays, findings)
        place = Place(document, "/journey")
        is_wanted = _names_templates(model) or any(each.model.templates for each in overlays)
        known = _asked(library.templates, findings) if is_wanted else ()
        # In a broken library any name might be one of those that could not be read.
        is_broken = known is None
        known = known or ()
        templates = () if is_broken else overlay_templates(known, overlays, findings)
        names = _step_names(model, place)
        _check_ids(names, findings)
        shown_folders = {loaded.shown: loaded.path.parent}
        shown_folders |= {each.shown: each.path.parent for each in known}
        shown_folders |= {each.shown: each.path.parent for each in overlays}
        return cls(
            model=model,
            place=place,
            findings=findings,
            files=Files(findings, loaded.root, shown_folders),
            library=library,
            templates=TemplateFinder(findings, templates, adhoc, is_broken),
            added=added_assertions(overlays, [name.id for name in names], findings),
            references=References(
                findings,
                inputs=tuple(each.name for each in model.inputs),
                variables=tuple(each.name for each in model.variables),
                secret_variables=frozenset(
                    each.name for each in model.variables if each.source == "secret"
                ),
                steps={name.id: name for name in reversed(names)},
            ),
            ids=tuple(name.id for name in names),
        )

    def compile(self) -> tuple[Artifact, Path | None]:
        """Return the artifact and the data file; meaningless when problems were noted."""
        model, place, references = self.model, self.place, self.references
        check_names(model, place, self.findings)
        inputs = declare_inputs(model, place, self.findings)
        variables = declare_variables(model, place, references)
        main = self._compile_steps(model.steps, place.at("steps"), 0)
        last = self._compile_steps(model.finally_, place.at("finally"), len(main))
        checker = CaseChecker(self.findings, references, self.files, self.library, model, place)
        rows_file = checker.check()
        needs = references.needs
        artifact = Artifact(
            journey_id=journey_id_of(model),
            steps=self._with_implicit(main),
            finally_steps=self._with_implicit(last),
            inputs=inputs,
            variables=variables,
            settings=_settings(model.settings),
            secrets=tuple(sorted(needs.secrets)),
            me_values=tuple(sorted(needs.me_values)),
            environment_values=tuple(sorted(needs.environment_values)),
            services=tuple(sorted(self.services)),
            origins=tuple(sorted(self.origins)),
            blobs=tuple(sorted(self.files.blobs)),
        )
        return artifact, rows_file

    def _with_implicit(self, steps: Sequence[StepSpec]) -> tuple[StepSpec, ...]:
        """Let each step keep what later steps read of its answer without declaring it."""
        implicit = self.references.needs.implicit
        return tuple(
            replace(step, outputs=(*step.outputs, *_sorted_outputs(implicit.get(step.id, {}))))
            for step in steps
        )

    def _compile_steps(
        self, steps: Sequence[m.StepModel], place: Place, first: int
    ) -> tuple[StepSpec, ...]:
        return tuple(
            self._compile_step(step, place.at(index), first + index)
            for index, step in enumerate(steps)
        )

    def _compile_step(self, step: m.StepModel, place: Place, order: int) -> StepSpec:
        base, name = self._find_base(step, place)
        is_missing = bool(name) and base is None
        request = self._request(step, place, order, base, is_missing=is_missing)
        step_id = self.ids[order]
        return StepSpec(
            id=step_id,
            name=step.name or step_id,
            template=_template_name(base),
            request=request,
            assertions=self._assertions(step, place, order, base),
            outputs=self._outputs(step, place.at("outputs")),
            retry=_retry(step.retry),
            poll=self._poll(step.poll, place.at("poll"), order),
            when=self._condition(step, place.at("when"), order),
            delay_s=step.delay_s,
            in_flight=step.in_flight
            or (base.model.in_flight if isinstance(base, Template) else None),
            clear_cookies=_jars_to_clear(step.clear_cookies),
            parse=step.parse,
        )

    # --- request ---------------------------------------------------------------------------------

    def _find_base(
        self, step: m.StepModel, place: Place
    ) -> tuple[Template | AdhocRequest | None, str]:
        """Return what the step's request is built on, and the name it was given."""
        if step.template is not None:
            name, at = step.template, place.at("template")
        elif isinstance(step.request, str):
            name, at = step.request, place.at("request")
        elif self.model.base_template is not None and not _is_whole(step.request):
            name, at = self.model.base_template, self.place.at("base_template")
        else:
            if step.request is None:
                hint = "add `template: METHOD /path`, or a `request:`"
                title = f"step `{step.id or step.name or ''}` has no request"
                self.findings.note("RF216", title, place.label(), hint=hint)
            return None, ""
        service = step.service or self.model.service
        return self.templates.find(name, service, at), name

    def _request(
        self, step: m.StepModel, place: Place, order: int, base: Template | AdhocRequest | None,
        *, is_missing: bool,
    ) -> RequestSpec:  # fmt: skip
        compiler = RequestCompiler(self.findings, self.references, self.files, order)
        request = compiler.compile(
            step,
            place,
            base,
            self.model.settings.request,
            self.place.at("settings", "request"),
            is_base_missing=is_missing,
        )
        service = step.service or request.service or self.model.service
        request = replace(request, service=service)
        self._gather_service(request)
        return request

    def _gather_service(self, request: RequestSpec) -> None:
        origin = literal_origin(request.url)
        if origin is not None:
            self.origins.add(origin)
        elif request.service is not None or not may_be_whole(request.url):
            self.services.add(request.service or "")

    # --- checks and outputs ----------------------------------------------------------------------

    def _assertions(
        self, step: m.StepModel, place: Place, order: int, base: Template | AdhocRequest | None
    ) -> tuple[AssertionSpec, ...]:
        compiler = self._assertion_compiler(order)
        found: tuple[AssertionSpec, ...] = ()
        if isinstance(base, Template):
            at = base.place.at("assertions")
            found = compiler.compile_all(base.model.assertions, at, "template")
        found += compiler.compile_all(step.assertions, place.at("assertions"))
        added = [each for each in self.added if each.step == self.ids[order]]
        for number, each in enumerate(added):
            first = sum(len(earlier.models) for earlier in added[:number])
            found += compiler.compile_all(each.models, each.place, "overlay", first=first)
        return found

    def _assertion_compiler(self, order: int) -> AssertionCompiler:
        return AssertionCompiler(self.findings, self.references, self.files, order)

    def _outputs(self, step: m.StepModel, place: Place) -> tuple[OutputSpec, ...]:
        named = [(each.name, place.at(i, "name")) for i, each in enumerate(step.outputs)]
        note_twice("output", named, self.findings)
        return tuple(self._output(each, place.at(i)) for i, each in enumerate(step.outputs))

    def _output(self, model: m.OutputModel, place: Place) -> OutputSpec:
        at = place.at("path")
        try:
            path = parse_output_path(model.path)
            if path.query:
                check_query(path.query, at, self.findings)
        except TemplateProblem as problem:
            label = at.part_label(problem.offset, problem.length)
            self.findings.note(problem.code, problem.message, label, hint=problem.hint)
            path = parse_output_path("body")
        if model.pattern is not None:
            check_pattern(model.pattern, place.at("pattern"), self.findings)
        return OutputSpec(
            name=model.name,
            source=path.source,
            path=path.path,
            query=path.query,
            pattern=model.pattern or "",
            sensitive=model.sensitive,
            required=model.required,
        )

    def _poll(self, poll: m.PollModel | None, place: Place, order: int) -> PollSpec | None:
        if poll is None:
            return None
        compiler = self._assertion_compiler(order)
        return PollSpec(
            until=compiler.compile_all(poll.until, place.at("until")),
            stop_on=compiler.compile_all(poll.stop_on, place.at("stop_on")),
            every_s=poll.every_s,
            timeout_s=poll.timeout_s,
        )

    def _condition(self, step: m.StepModel, place: Place, order: int) -> ConditionSpec | None:
        when = step.when
        if when is None:
            return None
        if not isinstance(when, m.ConditionModel):
            value = self._read_condition(when, place, order)
            is_literal = isinstance(value, LiteralValue) and not isinstance(value.value, bool)
            if is_literal or isinstance(value, TextValue):
                hint = 'write an expression such as "{{ inputs.expect_order }}"'
                self.findings.note("RF106", "`when` must be a boolean", place.label(), hint=hint)
            return ConditionSpec(value=value)
        value = self._read_condition(when.value, place.at("value"), order)
        expected = self._read_condition(when.expected, place.at("expected"), order)
        self._check_condition(when, expected, place)
        needs = OPERATORS[when.operator].needs_expected
        return ConditionSpec(
            value=value, operator=when.operator, expected=expected if needs else None
        )

    def _read_condition(self, data: Json, place: Place, order: int) -> Value:
        return self.references.read(data, place, CONDITION_ROOTS, before=order)

    def _check_condition(self, when: m.ConditionModel, expected: Value, place: Place) -> None:
        needs = OPERATORS[when.operator].needs_expected
        is_given = "expected" in when.model_fields_set
        if needs and not is_given:
            title = f"operator `{when.operator}` needs `expected`"
            self.findings.note("RF210", title, place.label(), hint="add `expected:`")
        elif is_given and not needs:
            title = f"operator `{when.operator}` takes no `expected`"
            label = place.at("expected").key_label()
            self.findings.note("RF210", title, label, hint="remove it")
        elif needs:
            check_expected(when.operator, expected, place.at("expected"), self.findings)


# --- small parts ---------------------------------------------------------------------------------


def journey_id_of(model: m.JourneyModel) -> str:
    """Return the id of a journey: its own, or the slug of its name."""
    fallback = f"journey-{digest_of(model.name.encode('utf-8', errors='surrogatepass'))[:6]}"
    return model.id or slugify(model.name) or fallback


def _asked(ask: Callable[[], tuple[_T, ...]], findings: Findings) -> tuple[_T, ...] | None:
    """Return what *ask* gives, or None with the problems of a broken library noted."""
    try:
        return ask()
    except JourneyError as error:
        findings.take(error)
        return None


def _names_templates(model: m.JourneyModel) -> bool:
    """Say whether the journey asks the library for a template."""
    steps = (*model.steps, *model.finally_)
    named = [step.template or isinstance(step.request, str) for step in steps]
    return model.base_template is not None or any(named)


def _step_names(model: m.JourneyModel, place: Place) -> tuple[StepName, ...]:
    steps = [
        *((step, place.at("steps", i)) for i, step in enumerate(model.steps)),
        *((step, place.at("finally", i)) for i, step in enumerate(model.finally_)),
    ]
    return tuple(
        StepName(step_id_of(step, order), order, at, tuple(each.name for each in step.outputs))
        for order, (step, at) in enumerate(steps)
    )


def _check_ids(names: Sequence[StepName], findings: Findings) -> None:
    named = [(name.id, _id_place(name.place)) for name in names]
    note_twice("step id", named, findings)


def _id_place(place: Place) -> Place:
    known = place.document.map.values
    return next((place.at(key) for key in ("id", "name") if place.at(key).pointer in known), place)


def _template_name(base: Template | AdhocRequest | None) -> str:
    """Return the one name of what a step is built on, however the step spells it."""
    match base:
        case Template(model=model):
            return model.name
        case AdhocRequest(method=method, url=url):
            return f"{method} {url}"
        case _:
            return ""


def _is_whole(request: m.RequestModel | str | None) -> bool:
    """Say whether a `request` mapping stands on its own, so that no base template is wanted."""
    return isinstance(request, m.RequestModel) and bool(request.method and request.url)


def _sorted_outputs(outputs: Mapping[str, OutputSpec]) -> tuple[OutputSpec, ...]:
    return tuple(outputs[name] for name in sorted(outputs))


def _retry(retry: m.RetryModel | None) -> RetrySpec | None:
    if retry is None or retry.count == 0:
        return None
    kinds = [retry.on] if isinstance(retry.on, str) else retry.on
    return RetrySpec(
        count=retry.count,
        delay_s=retry.delay_s,
        backoff=retry.backoff,
        on=tuple(sorted(set(kinds))),
    )


def _jars_to_clear(clear: bool | str) -> tuple[str, ...]:
    if isinstance(clear, bool):
        return ("default",) if clear else ()
    return (clear,)


def _settings(settings: m.SettingsModel) -> RunSettings:
    return RunSettings(
        on_failure=settings.on_failure,
        timeout_s=settings.timeout_s,
        finally_timeout_s=settings.finally_timeout_s,
        on_interrupt=settings.on_interrupt,
    )
