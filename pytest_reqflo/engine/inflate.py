"""Encoded body bytes become plain ones in small pieces, however much they claim to hold. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

PIECE_BYTES = 64 * 1024
"""Most that one step of decoding puts into memory."""

_RATIO_APPLIES_BYTES = 1024 * 1024
_MAX_RATIO = 100

_MAX_LAYERS = 5
"""Each layer costs memory and stack; curl draws the line here too."""

_GZIP = frozenset({"gzip", "x-gzip"})


class InflateProblem(Exception):
    """A body that cannot be decoded; *is_bomb* when it grows beyond all proportion."""

    def __init__(self, message: str, *, is_bomb: bool = False) -> None:
        super().__init__(message)
        self.is_bomb = is_bomb


class Inflater:
    """Undoes the content encodings of one body, the one applied last first.

    A body with an encoding that is not ours (`br`, `zstd`) is handed on as it came.
    """

    def __init__(self, content_encoding: str) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        self._is_too_deep = len(names) > _MAX_LAYERS
        is_known = not self._is_too_deep and all(
            name in _GZIP or name == "deflate" for name in names
        )
        self._layers = [_Layer(name) for name in reversed(names)] if is_known else []
        self._in_bytes = 0
        self._out_bytes = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the plain bytes of *data*, at most PIECE_BYTES at a time. Raises: InflateProblem."""
        if self._is_too_deep:
            raise InflateProblem(f"it is encoded more than {_MAX_LAYERS} times", is_bomb=True)
        self._in_bytes += len(data)
        for piece in _through(self._layers, data):
            self._out_bytes += len(piece)
            if self._out_bytes > max(_RATIO_APPLIES_BYTES, self._in_bytes * _MAX_RATIO):
                raise InflateProblem(
                    f"it grows more than {_MAX_RATIO} times when it is decoded", is_bomb=True
                )
            yield piece

    def finish(self) -> None:
        """Raise InflateProblem when the encoded body ended early."""
        if self._in_bytes and not all(layer.is_complete for layer in self._layers):
            raise InflateProblem("the encoded data ends early")


def _through(layers: Sequence[_Layer], data: bytes) -> Iterator[bytes]:
    if not layers:
        if data:
            yield data
        return
    for piece in layers[0].feed(data):
        yield from _through(layers[1:], piece)


class _Layer:
    def __init__(self, name: str) -> None:
        self._name = name
        self._window_bits = 31 if name in _GZIP else 15
        self._decoder = zlib.decompressobj(self._window_bits)
        self._is_begun = False

    @property
    def is_complete(self) -> bool:
        return self._decoder.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        # A full piece means that zlib may hold more, even when it has taken all of the data.
        is_full = False
        while data or is_full:
            if self._decoder.eof and not self._next_member(data):
                return
            piece = self._decode(data)
            is_full = len(piece) == PIECE_BYTES and not self._decoder.eof
            data = self._decoder.unconsumed_tail or self._decoder.unused_data
            if piece:
                yield piece

    def _next_member(self, data: bytes) -> bool:
        """Begin another gzip member; what else follows the end is padding, as gzip itself sees it."""
        if self._name not in _GZIP or not data.startswith(b"\x1f"):
            return False
        self._decoder = zlib.decompressobj(self._window_bits)
        return True

    def _decode(self, data: bytes) -> bytes:
        try:
            piece = self._decoder.decompress(data, PIECE_BYTES)
        except zlib.error:
            piece = self._decode_raw(data)
        self._is_begun = True
        return piece

    def _decode_raw(self, data: bytes) -> bytes:
        """Some servers call it deflate and leave the zlib header out; browsers read that too."""
        if self._is_begun or self._name != "deflate":
            raise InflateProblem(f"it is not valid {self._name}") from None
        self._decoder = zlib.decompressobj(-15)
        try:
            return self._decoder.decompress(data, PIECE_BYTES)
        except zlib.error:
            raise InflateProblem("it is not valid deflate") from None
