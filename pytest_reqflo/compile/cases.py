"""Cases, marks, tags and data of a journey: checked against what it declares."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import CASE_ROOTS, MARK_ROOTS, References
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.syntax import model as m
from pytest_reqflo.syntax.cells import InputType, check_type
from pytest_reqflo.syntax.data import load_rows, rows_from_inline
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.values import Json

RESERVED_MARKS = frozenset(
    {
        "parametrize", "skip", "skipif", "xfail", "usefixtures", "filterwarnings", "tryfirst",
        "trylast", "hookwrapper", "flaky", "asyncio", "anyio", "timeout", "xdist_group", "and", "or", "not", "None",
        "True", "False",
    }
)  # fmt: skip
# pytest.mark refuses names that begin with an underscore; `-m` reads no more than this.
_TAG = re.compile(r"[^\W_][\w.+-]*")


def check_tags(tags: Sequence[str], place: Place, findings: Findings) -> None:
    """Note tags that cannot be pytest marks (RF119)."""
    for index, tag in enumerate(tags):
        if tag in RESERVED_MARKS:
            hint = f"use the key `{tag}`" if tag in ("skip", "xfail") else "choose another word"
            title = f"tag `{tag}` is a word with a meaning of its own in pytest"
            findings.note("RF119", title, place.at(index).label(), hint=hint)
        elif _TAG.fullmatch(tag) is None:
            title = f"tag `{tag}` cannot be used with `pytest -m`"
            findings.note(
                "RF119", title, place.at(index).label(), hint="use letters, digits, _ and -"
            )


@dataclass(slots=True)
class CaseChecker:
    """Checks cases, marks and data of a journey."""

    findings: Findings
    references: References
    files: Files
    library: Library
    model: m.JourneyModel
    place: Place

    def check(self) -> Path | None:
        """Note what is wrong, and return the path of the data file, None without one."""
        self._check_marks(self.model, self.place)
        check_tags(self.model.tags, self.place.at("tags"), self.findings)
        for index, case in enumerate(self.model.cases):
            self._check_case(case, self.place.at("cases", index))
        return self._check_data()

    def _check_marks(self, owner: m.JourneyModel | m.CaseModel, place: Place) -> None:
        for name in ("skip", "xfail"):
            mark = getattr(owner, name)
            if isinstance(mark, m.MarkModel):
                self.references.read(mark.when, place.at(name, "when"), MARK_ROOTS)

    def _check_case(self, case: m.CaseModel, place: Place) -> None:
        self._check_marks(case, place)
        check_tags(case.tags, place.at("tags"), self.findings)
        for name, data in case.values.items():
            at = place.at("values", name)
            if name not in self.references.inputs and name not in self.references.variables:
                names = (*self.references.inputs, *self.references.variables)
                title = f"case `{case.name}` sets `{name}`, which is not declared"
                hint = name_hint(name, names, what="Declared")
                self.findings.note("RF202", title, at.key_label(), hint=hint)
            self._check_value(name, data, at)
        for index, preset in enumerate(case.presets):
            self._check_preset(preset, place.at("presets", index))

    def _check_value(self, name: str, data: Json, place: Place) -> None:
        value = self.references.read(data, place, CASE_ROOTS)
        declared = next((each for each in self.model.inputs if each.name == name), None)
        if declared is None or data is None or not isinstance(value, LiteralValue):
            return
        if fault := check_type(value.value, declared.type):
            label = place.label()
            if declared.sensitive:
                # Neither the sentence nor the line may show it.
                fault, label = fault.partition(", not ")[0], replace(label, line_text="")
            self.findings.note("RF117", f"the value of input `{name}` {fault}", label)

    def _check_preset(self, name: str, place: Place) -> None:
        try:
            preset = self.library.find_preset(name)
        except JourneyError as error:
            self.findings.take(error)
            return
        if preset is None:
            hint = name_hint(name, self.library.presets, what="Presets")
            self.findings.note("RF212", f"there is no preset `{name}`", place.label(), hint=hint)
            return
        # Several journeys share a preset, so what this one does not declare is no mistake.
        declared = {*self.references.inputs, *self.references.variables}
        for key, data in preset.model.values.items():
            if key in declared:
                at = Place(preset.document, preset.pointer).at("values", key)
                self._check_value(key, data, at)

    def _check_data(self) -> Path | None:
        data, place = self.model.data, self.place.at("data")
        if data is None:
            return None
        if isinstance(data, str):
            return self._check_file(data, place, None)
        names = [case.name for case in self.model.cases]
        if data.case is not None and data.case not in names:
            hint = name_hint(data.case, names, what="Cases")
            title = f"there is no case `{data.case}`"
            self.findings.note("RF212", title, place.at("case").label(), hint=hint)
        if any(each.sensitive and each.name == data.key for each in self.model.inputs):
            title = f"the key column `{data.key}` is a sensitive input, and keys stand in test ids"
            hint = "name the rows by another column, or by none"
            self.findings.note("RF115", title, place.at("key").label(), hint=hint)
        if data.file is not None:
            return self._check_file(data.file, place.at("file"), data.key)
        if data.rows is not None and self.findings.has_errors:
            self._take_row_problems(
                lambda types, hidden: rows_from_inline(
                    data.rows or [],
                    place.document,
                    place.at("rows").pointer,
                    types,
                    data.key,
                    hidden,
                )
            )
        return None

    def _check_file(self, file: str, place: Place, key: str | None) -> Path | None:
        path = self.files.find(file, place)
        if path is not None and self.findings.has_errors:
            shown = os.path.normpath(Path(self.place.file).parent / file)
            self._take_row_problems(
                lambda types, hidden: load_rows(
                    path,
                    shown=shown,
                    inputs=types,
                    key=key,
                    sensitive=hidden,
                    below=self.files.root.resolve(),
                )
            )
        return path

    def _take_row_problems(
        self, load: Callable[[Mapping[str, InputType], tuple[str, ...]], object]
    ) -> None:
        """Note what is wrong with the rows, to tell all problems at once.

        A journey without problems has its rows read when they become items, and not twice.
        """
        types = {each.name: each.type for each in self.model.inputs}
        try:
            load(types, tuple(each.name for each in self.model.inputs if each.sensitive))
        except JourneyError as error:
            self.findings.take(error)
