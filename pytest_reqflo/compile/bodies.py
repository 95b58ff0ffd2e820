"""Bodies as written become bodies as they are sent, with the files that they name."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reqflo.artifact.model import (
    BodySpec,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    TextBody,
)
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import STEP_ROOTS, References
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, ObjectValue, Value
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json

BODY_KEYS = ("json", "json_file", "form", "multipart", "text", "body_file", "body_base64")


@dataclass(frozen=True, slots=True)
class BodyCompiler:
    """Compiles the bodies of one step; *before* is the order of that step."""

    findings: Findings
    references: References
    files: Files
    before: int

    def compile(self, key: str, data: Json, place: Place) -> BodySpec | None:
        """Return the body that *key* introduces, written at *place*; None with a problem noted."""
        match key:
            case "json":
                return JsonBody(value=self._read(data, place))
            case "json_file":
                return JsonBody(value=LiteralValue(self.files.read_json(data, place)))
            case "form":
                return FormBody(fields=self._fields(data, place))
            case "multipart":
                parts = (self._part(part, place.at(index)) for index, part in enumerate(data))
                return MultipartBody(parts=tuple(parts))
            case "text":
                return TextBody(text=self._read(data, place))
            case "body_file":
                digest = self.files.keep(self.files.read(data, place))
                return BytesBody(blob=digest, filename=data.rpartition("/")[2]) if digest else None
            case _:
                digest = self.files.keep(self.files.decode_base64(data, place))
                return BytesBody(blob=digest) if digest else None

    def _read(self, data: Json, place: Place) -> Value:
        return self.references.read(data, place, STEP_ROOTS, before=self.before)

    def _fields(self, data: Mapping[str, Json], place: Place) -> Mapping[str, Value]:
        # Read as a whole, so that its keys are checked as those of a JSON body are.
        whole = self._read(data, place)
        if isinstance(whole, ObjectValue):
            return whole.fields
        return {name: LiteralValue(item) for name, item in data.items()}

    def _part(self, part: m.MultipartPartModel, place: Place) -> MultipartPart:
        for key in ("name", "filename", "content_type"):
            self._refuse_expression(getattr(part, key) or "", place.at(key))
        if part.file is None:
            return MultipartPart(
                name=part.name,
                value=self._read(part.value, place.at("value")),
                filename=part.filename,
                content_type=part.content_type,
            )
        return MultipartPart(
            name=part.name,
            blob=self.files.keep(self.files.read(part.file, place.at("file"))),
            filename=part.filename or part.file.rpartition("/")[2],
            content_type=part.content_type,
        )

    def _refuse_expression(self, text: str, place: Place) -> None:
        if "{{" in text:
            title = "only the value of a part can hold an expression"
            label = place.part_label(text.index("{{"), 2)
            self.findings.note("RF204", title, label, hint="put the expression in `value`")


def with_field(body: BodySpec | None, name: str, value: Value) -> BodySpec | None:
    """Return *body* with the field *name*; None when a body of its kind has no fields."""
    match body:
        case None:
            return JsonBody(value=_joined({name: value}))
        case FormBody(fields=fields):
            return FormBody(fields={**fields, name: value})
        case MultipartBody(parts=parts):
            kept = tuple(part for part in parts if part.name != name)
            return MultipartBody(parts=(*kept, MultipartPart(name=name, value=value)))
        case JsonBody(value=ObjectValue(fields=fields)):
            return JsonBody(value=_joined({**fields, name: value}))
        case JsonBody(value=LiteralValue(value=dict() as fields)):
            values = {key: LiteralValue(item) for key, item in fields.items()}
            return JsonBody(value=_joined({**values, name: value}))
        case _:
            return None


def _joined(fields: Mapping[str, Value]) -> Value:
    literals = {key: item.value for key, item in fields.items() if isinstance(item, LiteralValue)}
    return LiteralValue(literals) if len(literals) == len(fields) else ObjectValue(fields)
