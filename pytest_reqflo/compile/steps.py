"""Steps as written become steps as they run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pytest_reqflo.artifact.model import (
    AssertionSpec,
    ConditionSpec,
    PollSpec,
    RequestSpec,
    RetrySpec,
    StepSpec,
)
from pytest_reqflo.compile.assertions import AssertionCompiler
from pytest_reqflo.compile.conditions import ConditionCompiler
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.outputs import compile_outputs
from pytest_reqflo.compile.overlays import AddedAssertions
from pytest_reqflo.compile.references import References
from pytest_reqflo.compile.requests import RequestCompiler
from pytest_reqflo.compile.templates import AdhocRequest, Template, TemplateFinder
from pytest_reqflo.compile.urls import is_path, literal_origin, may_be_whole
from pytest_reqflo.syntax import model as m


@dataclass(slots=True)
class StepCompiler:
    """Compiles the steps of one journey; *services* and *origins* gather where they send to.

    Shape: *ids* are those of all steps in order, the finally steps last.
    """

    model: m.JourneyModel
    place: Place
    findings: Findings
    references: References
    files: Files
    templates: TemplateFinder
    added: tuple[AddedAssertions, ...]
    ids: tuple[str, ...]
    services: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)

    def compile(self, step: m.StepModel, place: Place, order: int) -> StepSpec:
        """Return *step*, written at *place*, the *order*-th of all steps."""
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
            outputs=compile_outputs(step.outputs, place, self.findings),
            retry=_retry(step.retry),
            poll=self._poll(step.poll, place, order),
            when=self._condition(step.when, place, order),
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
            self.place,
            is_base_missing=is_missing,
        )
        service = step.service or request.service or self.model.service
        if service != request.service:
            request = replace(request, service=service)
        self._gather_service(request)
        return request

    def _gather_service(self, request: RequestSpec) -> None:
        origin = None if is_path(request.url) else literal_origin(request.url)
        if origin is not None:
            self.origins.add(origin)
        elif request.service is not None or not may_be_whole(request.url):
            self.services.add(request.service or "")

    # --- checks ----------------------------------------------------------------------------------

    def _assertions(
        self, step: m.StepModel, place: Place, order: int, base: Template | AdhocRequest | None
    ) -> tuple[AssertionSpec, ...]:
        compiler = self._assertion_compiler(order)
        found: tuple[AssertionSpec, ...] = ()
        if isinstance(base, Template):
            at = base.place.at("assertions")
            found = compiler.compile_all(base.model.assertions, at, "template")
        found += compiler.compile_all(step.assertions, place.at("assertions"))
        if not self.added:
            return found
        added = [each for each in self.added if each.step == self.ids[order]]
        for number, each in enumerate(added):
            first = sum(len(earlier.models) for earlier in added[:number])
            found += compiler.compile_all(each.models, each.place, "overlay", first=first)
        return found

    def _assertion_compiler(self, order: int) -> AssertionCompiler:
        return AssertionCompiler(self.findings, self.references, self.files, order)

    def _condition(
        self, when: str | bool | m.ConditionModel | None, place: Place, order: int
    ) -> ConditionSpec | None:
        if when is None:
            return None
        compiler = ConditionCompiler(self.findings, self.references, order)
        return compiler.compile(when, place.at("when"))

    def _poll(self, poll: m.PollModel | None, place: Place, order: int) -> PollSpec | None:
        if poll is None:
            return None
        compiler = self._assertion_compiler(order)
        return PollSpec(
            until=compiler.compile_all(poll.until, place.at("poll", "until")),
            stop_on=compiler.compile_all(poll.stop_on, place.at("poll", "stop_on")),
            every_s=poll.every_s,
            timeout_s=poll.timeout_s,
        )


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
