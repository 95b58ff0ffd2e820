"""A journey file that was read becomes a compiled journey."""

from __future__ import annotations

from pytest_reqflo.compile.compiled import CompiledJourney, JourneySource, read_from
from pytest_reqflo.compile.compiler import compile_journey
from pytest_reqflo.compile.templates import AdhocPolicy
from pytest_reqflo.syntax.journey import read_journey


def compile_source(source: JourneySource, adhoc: AdhocPolicy) -> CompiledJourney:
    """Return the compiled journey. Raises: JourneyError with every problem found."""
    place, library = source.place, source.library
    library.asked.clear()
    loaded = read_journey(source.content, source.path, shown=source.shown, root=place.root)
    compilation = compile_journey(loaded, library, adhoc=adhoc)
    compiled = CompiledJourney(
        **read_from(source),
        head=compilation.head,
        blobs=compilation.blobs,
        source_map=loaded.document.map,
        rows_file=compilation.rows_file,
        has_read=compilation.has_read,
        asked=frozenset(library.asked),
        warnings=compilation.warnings,
    )
    compiled.artifact = compilation.artifact
    compiled.document = loaded.document
    return compiled
