"""Seal values and sign results with keys made from a master key. The only door to cryptography.

    sealed value  v1.<key id>.<base64url: nonce, ciphertext, tag>
    box           box1.<key id>.<base64url: one-time public key, nonce, ciphertext, tag>
    public key    pub1.<key id>.<base64url: X25519 public key>
    MAC           <key id>.<64 hex digits>

Sealing is AES-256-GCM with a random nonce of 96 bits. Its associated data names purpose, context
and key id, so that a text opens only in the place it was sealed for. Each use has a key of its own
(HKDF-SHA256), so that one that leaks opens nothing else.

The library is imported at first use: whoever seals nothing needs no extra.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Literal, NoReturn, final

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.ledger import MacVerdict
from pytest_reqflo.errors import UsageProblem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

Purpose = Literal["checkpoints", "inputs", "secrets"]
"""What a value is sealed for. The key of a fourth use, ``results``, signs and never seals."""

BOX = "box1."
"""How a text begins that was sealed to a public key."""

MASTER_KEY_BYTES = 32

_USES = ("checkpoints", "inputs", "secrets", "results", "box")
_NONCE_BYTES = 12
_PUBLIC_KEY_BYTES = 32
_MAC = re.compile(r"([0-9a-f]{8})\.[0-9a-f]{64}")


class SealProblem(Exception):
    """A sealed text or a public key that is of no use; a sentence without any value."""


class _HoldsKeys:
    """Shows nothing of what it holds, and stays in its process."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be pickled or copied")


@final
class _Key(_HoldsKeys):
    """One derived key. What raises keeps no key in a local variable, which a traceback may show."""

    __slots__ = ("_cipher", "_content")

    def __init__(self, secret: bytes, use: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = b"reqflo|v1|" + use
        self._content = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
        self._cipher = AESGCM(self._content)

    def encrypt(self, plain: bytes, bound_to: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def decrypt(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return what was encrypted with the same *bound_to*. Raises: SealProblem."""
        from cryptography.exceptions import InvalidTag

        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, bound_to)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            what = "a sealed value was altered, sealed for another place, or with another key"
            raise SealProblem(what) from None

    def mac(self, data: bytes) -> str:
        """Return the HMAC-SHA256 of *data* as hex."""
        return hmac.digest(self._content, data, "sha256").hex()

    def as_private_key(self) -> X25519PrivateKey:
        """Return the private key whose seed this is."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        return X25519PrivateKey.from_private_bytes(self._content)


@final
class _MasterKey(_HoldsKeys):
    """One master key, as the keys made from it."""

    __slots__ = ("by_use", "key_id")

    def __init__(self, master: bytes) -> None:
        if len(master) != MASTER_KEY_BYTES:
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} bytes")
        self.key_id = hashlib.sha256(master).hexdigest()[:8]
        self.by_use = {use: _Key(master, use.encode()) for use in _USES}

    def mac(self, data: bytes) -> str:
        """Return the MAC of *data* with the id of this key before it."""
        return f"{self.key_id}.{self.by_use['results'].mac(data)}"


@final
class Keyring(_HoldsKeys):
    """One active master key, which seals and signs, and older ones, which still open and check.

    Raises: UsageProblem (RF801) without the library; ValueError for a key that has not 32 bytes.
    """

    __slots__ = ("_active", "_keys")

    def __init__(self, active: bytes, *older: bytes) -> None:
        _require_library()
        self._active = _MasterKey(active)
        keys = (self._active, *map(_MasterKey, older))
        self._keys = {key.key_id: key for key in reversed(keys)}

    @property
    def active_id(self) -> str:
        """The id of the key that seals: 8 hex digits of its SHA-256."""
        return self._active.key_id

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._keys)

    def seal(self, plain: bytes, *, purpose: Purpose, context: str) -> str:
        """Return *plain* as a text that `unseal` opens with the same purpose and context only."""
        bound_to = _associated_data(purpose, context, self.active_id)
        sealed = self._active.by_use[purpose].encrypt(plain, bound_to)
        return _write_text("v1", self.active_id, sealed)

    def unseal(self, text: str, *, purpose: Purpose, context: str) -> bytes:
        """Return what was sealed.

        Raises: SealProblem when the text was altered, sealed elsewhere, or with a key not here.
        """
        key_id, sealed = _read_text("v1", text, "sealed value")
        key = self._find_key(key_id).by_use[purpose]
        return key.decrypt(sealed, _associated_data(purpose, context, key_id))

    def result_mac(self, data: bytes) -> str:
        """Return the MAC of *data* (HMAC-SHA256 with the results key)."""
        return self._active.mac(data)

    def check_mac(self, data: bytes, mac: str) -> MacVerdict:
        """Say whether *mac* was made of *data*, with any of the keys."""
        match = _MAC.fullmatch(mac)
        if match is None:
            return "wrong"
        if match[1] not in self._keys:
            return "unknown key"
        expected = self._keys[match[1]].mac(data)
        return "verified" if hmac.compare_digest(expected, mac) else "wrong"

    def public_key(self) -> str:
        """Return the key that `seal_to` seals with, for those who hold no master key."""
        public = self._active.by_use["box"].as_private_key().public_key().public_bytes_raw()
        return _write_text("pub1", self._active.key_id, public)

    def unseal_box(self, text: str, context: str) -> bytes:
        """Return what `seal_to` sealed to this ring with the same *context*. Raises: SealProblem."""
        key_id, content = _read_text("box1", text, "box")
        one_time, sealed = content[:_PUBLIC_KEY_BYTES], content[_PUBLIC_KEY_BYTES:]
        private = self._find_key(key_id).by_use["box"].as_private_key()
        recipient = private.public_key().public_bytes_raw()
        key = _agree(private, one_time, one_time + recipient)
        return key.decrypt(sealed, _associated_data("box", context, key_id))

    def _find_key(self, key_id: str) -> _MasterKey:
        if key_id not in self._keys:
            given = ", ".join(f"`{each}`" for each in sorted(self._keys))
            what = f"the master key with the id `{key_id}` is not among those given"
            raise SealProblem(f"{what}, {given}")
        return self._keys[key_id]


def seal_to(public_key: str, plain: bytes, context: str) -> str:
    """Return *plain* as a text that only the holder of the master key behind *public_key* opens.

    Raises: SealProblem for a text that is no public key; UsageProblem (RF801) without the library.
    """
    _require_library()
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key_id, recipient = _read_text("pub1", public_key, "public key")
    private = X25519PrivateKey.generate()
    one_time = private.public_key().public_bytes_raw()
    key = _agree(private, recipient, one_time + recipient)
    sealed = key.encrypt(plain, _associated_data("box", context, key_id))
    return _write_text("box1", key_id, one_time + sealed)


def _agree(private: X25519PrivateKey, peer: bytes, both_public: bytes) -> _Key:
    """Return the key that both sides of a box compute; bound to both public keys (RFC 7748, 6.1)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:  # not 32 bytes, or a point of low order
        raise SealProblem("a public key is not a usable X25519 key") from None
    return _Key(shared, b"box|" + both_public)


def _associated_data(purpose: str, context: str, key_id: str) -> bytes:
    # Neither purpose nor key id can hold a bar, so no two places have the same bytes.
    return f"reqflo|{purpose}|{context}|{key_id}".encode("utf-8", errors="surrogatepass")


def _write_text(form: str, key_id: str, content: bytes) -> str:
    return f"{form}.{key_id}.{_base64url(content)}"


def _read_text(form: str, text: str, what: str) -> tuple[str, bytes]:
    """Return the key id and the content of a text that `_write_text` wrote, and of no other."""
    match = re.fullmatch(rf"{form}\.([0-9a-f]{{8}})\.([A-Za-z0-9_-]+)", text)
    if match is None or len(match[2]) % 4 == 1:
        raise SealProblem(f"a {what} does not have the form `{form}.<key id>.<base64url>`")
    content = base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4))
    if _base64url(content) != match[2]:  # its last character may hide bits that mean nothing
        raise SealProblem(f"a {what} was altered")
    return match[1], content


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _require_library() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        title = "durable runs need the library `cryptography`, which is not installed"
        problem = Diagnostic(code="RF801", title=title, hint="pip install 'pytest-reqflo[durable]'")
        raise UsageProblem(problem) from None
