"""Turn a loaded journey and its library into an artifact, or into every problem that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pytest_reqflo.artifact.model import (
    Artifact,
    OutputSpec,
    RunSettings,
    StepSpec,
)
from pytest_reqflo.compile.cases import CaseChecker
from pytest_reqflo.compile.declarations import (
    check_names,
    declare_inputs,
    declare_variables,
    note_twice,
)
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Enough, Findings, Place
from pytest_reqflo.compile.head import JourneyHead, head_of
from pytest_reqflo.compile.overlays import (
    added_assertions,
    find_overlays,
    overlay_journey,
    overlay_templates,
)
from pytest_reqflo.compile.references import (
    References,
    StepName,
    step_id_of,
)
from pytest_reqflo.compile.steps import StepCompiler
from pytest_reqflo.compile.templates import (
    AdhocPolicy,
    TemplateFinder,
)
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax import model as m
from pytest_reqflo.syntax.journey import LoadedJourney
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.values import Digest, digest_of, slugify

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What compiling gave: the artifact, its files, warnings, and the data file of the journey.

    Shape: *has_read* says whether it holds what files say beside the journey's own; rows do not count.
    """

    artifact: Artifact
    blobs: Mapping[Digest, bytes]
    warnings: tuple[Diagnostic, ...]
    rows_file: Path | None
    head: JourneyHead
    has_read: bool


def compile_journey(
    loaded: LoadedJourney, library: Library, *, adhoc: AdhocPolicy = "allow"
) -> Compilation:
    """Return the compiled journey.

    Raises: JourneyError with every problem of the journey and of what it uses, in file order.
    """
    findings = Findings(dict.fromkeys(loaded.warnings))
    try:
        compiler = _Compiler.begin(loaded, library, findings, adhoc)
        artifact, rows_file = compiler.compile()
    except Enough:
        findings.finish(loaded.shown)
        raise
    warnings = findings.finish(loaded.shown)
    return Compilation(
        artifact=artifact,
        blobs=compiler.files.blobs,
        warnings=warnings,
        rows_file=rows_file,
        head=head_of(compiler.model),
        has_read=compiler.files.has_read,
    )


@dataclass(slots=True)
class _Compiler:
    """The parts that compiling one journey shares."""

    model: m.JourneyModel
    place: Place
    findings: Findings
    files: Files
    library: Library
    references: References
    steps: StepCompiler

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
        files = Files(findings, library, shown_folders)
        references = References(
            findings,
            inputs=dict.fromkeys(each.name for each in model.inputs),
            variables=dict.fromkeys(each.name for each in model.variables),
            secret_variables=frozenset(
                each.name for each in model.variables if each.source == "secret"
            ),
            steps={name.id: name for name in reversed(names)},
        )
        ids = tuple(name.id for name in names)
        steps = StepCompiler(
            model=model,
            place=place,
            findings=findings,
            references=references,
            files=files,
            templates=TemplateFinder(findings, templates, adhoc, is_broken),
            added=added_assertions(overlays, ids, findings),
            ids=ids,
        )
        return cls(model, place, findings, files, library, references, steps)

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
            services=tuple(sorted(self.steps.services)),
            origins=tuple(sorted(self.steps.origins)),
            blobs=tuple(sorted(self.files.blobs)),
        )
        return artifact, rows_file

    def _with_implicit(self, steps: Sequence[StepSpec]) -> tuple[StepSpec, ...]:
        """Let each step keep what later steps read of its answer without declaring it."""
        implicit = self.references.needs.implicit
        return tuple(
            replace(step, outputs=(*step.outputs, *_sorted_outputs(implicit[step.id])))
            if step.id in implicit
            else step
            for step in steps
        )

    def _compile_steps(
        self, steps: Sequence[m.StepModel], place: Place, first: int
    ) -> tuple[StepSpec, ...]:
        return tuple(
            self.steps.compile(step, place.at(index), first + index)
            for index, step in enumerate(steps)
        )


def journey_id_of(model: m.JourneyModel) -> str:
    """Return the id of a journey: its own, or the slug of its name."""
    return model.id or slugify(model.name) or _id_of_name(model.name)


def _id_of_name(name: str) -> str:
    return f"journey-{digest_of(name.encode('utf-8', errors='surrogatepass'))[:6]}"


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
    if len({name.id for name in names}) < len(names):
        note_twice("step id", [(name.id, _id_place(name.place)) for name in names], findings)


def _id_place(place: Place) -> Place:
    known = place.document.map.values
    return next((place.at(key) for key in ("id", "name") if place.at(key).pointer in known), place)


def _sorted_outputs(outputs: Mapping[str, OutputSpec]) -> tuple[OutputSpec, ...]:
    return tuple(outputs[name] for name in sorted(outputs))


def _settings(settings: m.SettingsModel) -> RunSettings:
    return RunSettings(
        on_failure=settings.on_failure,
        timeout_s=settings.timeout_s,
        finally_timeout_s=settings.finally_timeout_s,
        on_interrupt=settings.on_interrupt,
    )
