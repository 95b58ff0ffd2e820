"""The exceptions of this package and the registry of their codes.

    ReqfloError                 has .diagnostics
      JourneyError              a file is wrong: syntax, references     -> collection error
      RunCheckError             values, secrets, environment missing    -> failed, nothing sent
      ChecksFailed              also AssertionError; the API answered   -> failed
      RequestError              no usable answer; budget; interruption  -> failed, not by a check
      ArtifactError             artifact or store unusable
      EngineError               durable store, worker or record unusable
      UsageProblem              an option or argument is wrong          -> usage error

Anything else that escapes is a defect of ours: `ReqfloBug`, with its traceback.
"""

from __future__ import annotations

from pytest_reqflo.diagnostic import Diagnostic, render_diagnostics

CODES: dict[str, str] = {
    # RF1xx: the text of a file
    "RF101": "the file is not readable YAML",
    "RF102": "the file exceeds a limit (size, depth, number of nodes)",
    "RF103": "a key stands twice in one mapping",
    "RF104": "a key is unknown",
    "RF105": "a required key is missing",
    "RF106": "a value has the wrong type",
    "RF107": "a value is not one of those allowed",
    "RF108": "a YAML feature is refused (tag, merge key, second document, key that is not text)",
    "RF109": "an expression is not quoted, so YAML reads a mapping",
    "RF110": "a name or id is used twice",
    "RF111": "a number looks like a code and loses its form (warning)",
    "RF112": "two keys exclude each other",
    "RF113": "a named file does not exist",
    "RF114": "a named file lies outside the root, is hidden, is no regular file or is too large",
    "RF115": "a data file is malformed",
    "RF116": "a data file has a column that is no input",
    "RF117": "a data cell or case value does not fit the type of its input",
    "RF118": "a data row repeats the key of another row",
    "RF119": "a tag is a reserved mark name or not usable as one",
    "RF120": "the root key of a file is nearly `journey` (warning)",
    "RF121": "a key or step type is reserved for later",
    # RF2xx: references between parts
    "RF201": "an expression is malformed",
    "RF202": "an expression names something undeclared",
    "RF203": "an expression uses a step that runs later",
    "RF204": "an expression stands where it, or its root, is not allowed",
    "RF205": "a template cannot be found, or two match",
    "RF206": "a required template value is not given",
    "RF207": "a JSONPath is malformed",
    "RF208": "a regular expression is malformed",
    "RF209": "a JSON Schema is unusable",
    "RF210": "an assertion or operator is unknown or incomplete",
    "RF211": "variables refer to each other in a circle",
    "RF212": "a case, preset, overlay or environment cannot be found",
    "RF213": "an ad-hoc request is nearly a library entry (warning)",
    "RF214": "a step gives a value that its template does not declare",
    "RF215": "an output path is malformed",
    "RF216": "a request has no method or no URL",
    "RF217": "the name of a secret is not usable",
    # RF3xx: run check, before the first request
    "RF301": "a required value is missing",
    "RF302": "a secret is missing",
    "RF303": "the environment lacks what the journey needs",
    "RF304": "a value does not fit its declared type",
    "RF305": "a secret is too short or too common to be hidden",
    "RF306": "a secret is not granted to this journey",
    "RF307": "a secret provider cannot be used",
    # RF4xx: requests without a usable answer
    "RF401": "the server could not be reached",
    "RF402": "the request ran out of time",
    "RF403": "the TLS connection was refused",
    "RF404": "the answer was not usable HTTP",
    "RF405": "the request could not be built from its values",
    "RF406": "the answer exceeded a limit",
    "RF407": "the origin of the URL is not allowed",
    "RF408": "a redirect was refused",
    "RF409": "a link in an answer was refused",
    # RF5xx: the answer and the run
    "RF501": "an assertion failed",
    "RF502": "a soft assertion failed (warning)",
    "RF503": "a step without assertions was answered 400 or more (warning)",
    "RF504": "polling ended without the expected state",
    "RF505": "polling met a state that ends it",
    "RF506": "a step output could not be captured",
    "RF507": "the run was interrupted",
    "RF508": "the time budget of the journey is used up",
    "RF509": "a sensitive value is too short to be hidden everywhere (warning)",
    "RF510": "the outcome of a request is unknown, and it is not sent again",
    "RF511": "a protection is turned off (warning)",
    # RF6xx: artifacts and the store
    "RF601": "an artifact does not match its digest or format",
    "RF602": "an artifact or version cannot be found, or several match",
    "RF603": "the store cannot be written (warning)",
    "RF604": "the store is open to other users (warning)",
    "RF610": "an extra that is needed is not installed",
    "RF611": "a recorded run, batch or store cannot be found, or is in use",
    "RF612": "a run id or run key belongs to a run of other content",
    "RF613": "a record is missing or was altered",
    "RF614": "a sealed value cannot be read",
    "RF615": "the database of durable runs cannot be used",
    "RF616": "the run is lost",
    "RF617": "the run was ended from outside",
    "RF618": "an environment is not in the database",
    "RF619": "an environment cannot be pushed",
    "RF620": "a secret is not for this origin",
    "RF621": "a secret cannot be written",
    "RF622": "a fixture cannot change an environment of workers",
    "RF623": "the end of a run is not known here",
    "RF624": "rows of a journey failed",
    "RF625": "a schedule cannot be found or made",
    "RF626": "a worker cannot start",
    "RF628": "a run cannot be repeated from this step on",
    "RF629": "sealed values are not for this run",
    # RF7xx: reports
    "RF701": "a report could not be written",
    # RF8xx: options and arguments
    "RF801": "an option has an unusable value",
    "RF802": "no journey matches",
    "RF803": "no case matches",
}
"""Every code and what it means. Codes are never reused; docs/reference/errors.md explains each."""


class ReqfloError(Exception):
    """A problem that we explain; its text is the rendered diagnostics."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = diagnostics
        super().__init__(render_diagnostics(diagnostics))


class JourneyError(ReqfloError):
    """A journey or a file it needs is wrong; holds every problem found."""


class RunCheckError(ReqfloError):
    """Something needed is missing; raised before the first request is sent."""


class ChecksFailed(ReqfloError, AssertionError):
    """The API answered, and at least one check did not hold."""


class RequestError(ReqfloError):
    """A run ended without a usable answer, out of time, or interrupted."""


class ArtifactError(ReqfloError):
    """An artifact or the store cannot be used."""


class EngineError(ReqfloError):
    """The store of durable runs, or a record in it, cannot be used."""


class UsageProblem(ReqfloError):
    """An option or argument cannot be used."""


class ReqfloBug(Exception):
    """A defect of ours; its text is a sentence and the traceback, without hidden values."""


class ReqfloWarning(UserWarning):
    """A warning about a journey or its run; its text begins with the code, such as ``RF502``."""
