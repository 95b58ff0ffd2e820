"""Sealing: what opens where, what is refused, and the exact bytes, computed by other means."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import pickle
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.engine.durable.sealing import Keyring, SealProblem, seal_to
from pytest_reqflo.errors import UsageProblem

OLD, NEW, OTHER = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
OLD_ID, NEW_ID = "630dcd29", "72dbb733"
KEYS = Keyring(NEW, OLD)
PLACE = {"purpose": "checkpoints", "context": "run-1|003:pay#2"}


def hkdf(secret, info):
    """RFC 5869 with SHA-256, no salt, 32 bytes: one round of each step."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def x25519(scalar, point):
    """RFC 7748, section 5: the ladder as it is printed there."""
    p, number = 2**255 - 19, int.from_bytes(scalar, "little")
    number = (number & ~7 & (2**255 - 1)) | 2**254
    x1 = int.from_bytes(point, "little") % 2**255
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = number >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % p, x1 * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, e * (aa + 121665 * e) % p
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


BASE_POINT = (9).to_bytes(32, "little")


def to_text(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def from_text(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- the exact bytes -----------------------------------------------------------------------------


def test_the_helpers_of_this_file_agree_with_the_rfcs():
    case_3_of_rfc_5869 = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    one_round_of_rfc_7748 = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"

    assert hkdf(b"\x0b" * 22, b"").hex() == case_3_of_rfc_5869
    assert x25519(BASE_POINT, BASE_POINT).hex() == one_round_of_rfc_7748


def test_a_key_id_is_the_beginning_of_the_sha256_of_the_key():
    assert (KEYS.active_id, KEYS.key_ids) == (NEW_ID, {NEW_ID, OLD_ID})
    assert hashlib.sha256(NEW).hexdigest().startswith(NEW_ID)


@pytest.mark.parametrize("purpose", ["checkpoints", "inputs", "secrets"])
def test_a_text_sealed_by_hand_opens(purpose):
    key, nonce = hkdf(NEW, b"reqflo|v1|" + purpose.encode()), bytes(range(12))
    bound_to = f"reqflo|{purpose}|qa|TOKEN|1|{NEW_ID}".encode()
    content = nonce + AESGCM(key).encrypt(nonce, b"hunter2", bound_to)

    text = f"v1.{NEW_ID}.{to_text(content)}"

    assert KEYS.unseal(text, purpose=purpose, context="qa|TOKEN|1") == b"hunter2"


def test_a_sealed_text_opens_by_hand():
    form, key_id, text = KEYS.seal(b"hunter2", **PLACE).split(".")
    content = from_text(text)

    key = hkdf(NEW, b"reqflo|v1|checkpoints")
    bound_to = f"reqflo|checkpoints|run-1|003:pay#2|{NEW_ID}".encode()

    assert (form, key_id) == ("v1", NEW_ID)
    assert AESGCM(key).decrypt(content[:12], content[12:], bound_to) == b"hunter2"


def test_a_text_sealed_by_the_first_release_still_opens():
    text = "v1.72dbb733.OVFFJZ3hM_shaKUySaRmoAFdiAUcMjYyDbCSOilu0nY7ekQ"

    assert KEYS.unseal(text, **PLACE) == b"hunter2"


def test_a_mac_is_the_hmac_with_the_results_key():
    by_hand = hmac.new(hkdf(NEW, b"reqflo|v1|results"), b"data", hashlib.sha256).hexdigest()

    assert KEYS.result_mac(b"data") == f"{NEW_ID}.{by_hand}"


def test_the_public_key_is_that_of_the_derived_seed():
    seed = hkdf(NEW, b"reqflo|v1|box")

    assert KEYS.public_key() == f"pub1.{NEW_ID}.{to_text(x25519(seed, BASE_POINT))}"


def test_a_box_opens_by_hand():
    form, key_id, text = seal_to(KEYS.public_key(), b"hunter2", "run-1").split(".")
    one_time, nonce, sealed = (c := from_text(text))[:32], c[32:44], c[44:]

    seed = hkdf(NEW, b"reqflo|v1|box")
    info = b"reqflo|v1|box|" + one_time + x25519(seed, BASE_POINT)
    key = hkdf(x25519(seed, one_time), info)

    assert (form, key_id) == ("box1", NEW_ID)
    opened = AESGCM(key).decrypt(nonce, sealed, f"reqflo|box|run-1|{NEW_ID}".encode())
    assert opened == b"hunter2"


# --- what opens, and what does not ---------------------------------------------------------------


@given(st.binary(max_size=200), st.sampled_from(["checkpoints", "inputs", "secrets"]), st.text())
def test_what_is_sealed_opens_in_its_place(plain, purpose, context):
    sealed = KEYS.seal(plain, purpose=purpose, context=context)

    assert KEYS.unseal(sealed, purpose=purpose, context=context) == plain


@given(st.binary(max_size=200), st.text())
def test_what_is_sealed_to_the_public_key_opens_in_its_place(plain, context):
    assert KEYS.unseal_box(seal_to(KEYS.public_key(), plain, context), context) == plain


def test_the_same_value_is_never_sealed_to_the_same_text():
    public = KEYS.public_key()

    assert KEYS.seal(b"x", **PLACE) != KEYS.seal(b"x", **PLACE)
    assert seal_to(public, b"x", "run-1") != seal_to(public, b"x", "run-1")


def test_an_older_key_opens_and_checks_what_it_made():
    before = Keyring(OLD)

    assert KEYS.unseal(before.seal(b"x", **PLACE), **PLACE) == b"x"
    assert KEYS.unseal_box(seal_to(before.public_key(), b"x", "run-1"), "run-1") == b"x"
    assert KEYS.check_mac(b"data", before.result_mac(b"data")) == "verified"


@pytest.mark.parametrize(
    "place",
    [
        {**PLACE, "purpose": "inputs"},
        {**PLACE, "context": "run-2|003:pay#2"},
        {**PLACE, "context": ""},
    ],
)
def test_a_sealed_value_does_not_open_in_another_place(place):
    with pytest.raises(SealProblem, match="sealed for another place"):
        KEYS.unseal(KEYS.seal(b"hunter2", **PLACE), **place)


def test_a_box_does_not_open_in_another_place():
    with pytest.raises(SealProblem, match="sealed for another place"):
        KEYS.unseal_box(seal_to(KEYS.public_key(), b"hunter2", "run-1"), "run-2")


def test_a_key_that_is_not_here_is_named():
    other = Keyring(OTHER)
    message = f"the master key with the id `{other.active_id}` is not among those given"

    with pytest.raises(SealProblem, match=message):
        KEYS.unseal(other.seal(b"x", **PLACE), **PLACE)
    with pytest.raises(SealProblem, match=message):
        KEYS.unseal_box(seal_to(other.public_key(), b"x", "run-1"), "run-1")


def test_a_text_under_the_id_of_another_key_does_not_open():
    _, _, content = KEYS.seal(b"x", **PLACE).split(".")

    with pytest.raises(SealProblem, match="with another key"):
        KEYS.unseal(f"v1.{OLD_ID}.{content}", **PLACE)


@pytest.mark.parametrize(
    ("text", "open_text"),
    [
        (KEYS.seal(b"hunter2!", **PLACE), lambda text: KEYS.unseal(text, **PLACE)),
        (
            seal_to(KEYS.public_key(), b"hunter2!", "run-1"),
            lambda text: KEYS.unseal_box(text, "run-1"),
        ),
    ],
    ids=["sealed", "box"],
)
def test_no_character_of_a_text_can_be_altered(text, open_text):
    for place, character in enumerate(text):
        for other in {"A", "B", "0", "_", "=", ".", "\n", "é"} - {character}:
            with pytest.raises(SealProblem) as caught:
                open_text(text[:place] + other + text[place + 1 :])
            assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "v1", f"v1.{NEW_ID}.", f"v1.{NEW_ID}.A", f"v1.{NEW_ID}.AAAA", f"v2.{NEW_ID}.AAAA",
     f"v1.{NEW_ID.upper()}.AAAA", f"v1.{NEW_ID}.AA+/", f"v1.{NEW_ID}.{'A' * 60}\n", "hunter2"],
)  # fmt: skip
def test_a_text_of_another_form_is_refused(text):
    with pytest.raises(SealProblem) as caught:
        KEYS.unseal(text, **PLACE)
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_no_text_at_all_opens_by_chance(text):
    with pytest.raises(SealProblem):
        KEYS.unseal(text, **PLACE)
    with pytest.raises(SealProblem):
        KEYS.unseal_box(text, "run-1")


@pytest.mark.parametrize(
    "text",
    ["", "pub1", f"pub1.{NEW_ID}.AAAA", f"pub1.{NEW_ID}.{to_text(bytes(32))}",
     f"pub1.{NEW_ID}.{to_text(bytes(33))}", f"v1.{NEW_ID}.{to_text(BASE_POINT)}"],
    ids=["empty", "no parts", "short", "low order", "long", "another form"],
)  # fmt: skip
def test_an_unusable_public_key_is_refused(text):
    with pytest.raises(SealProblem, match="public key"):
        seal_to(text, b"hunter2", "run-1")


def test_a_box_with_a_point_of_low_order_is_refused():
    text = f"box1.{NEW_ID}.{to_text(bytes(32 + 12 + 16))}"

    with pytest.raises(SealProblem, match="public key"):
        KEYS.unseal_box(text, "run-1")


# --- MACs ----------------------------------------------------------------------------------------


def test_a_mac_is_of_its_data_and_its_key():
    mac = KEYS.result_mac(b"data")

    assert KEYS.check_mac(b"data", mac) == "verified"
    assert KEYS.check_mac(b"Data", mac) == "wrong"
    assert KEYS.check_mac(b"data", mac.replace(NEW_ID, OLD_ID)) == "wrong"
    assert KEYS.check_mac(b"data", Keyring(OTHER).result_mac(b"data")) == "unknown key"


@pytest.mark.parametrize("change", [str.upper, "{}0".format, "{}\n".format, lambda mac: mac[:-1]])
def test_a_mac_of_another_form_is_wrong(change):
    assert KEYS.check_mac(b"data", change(KEYS.result_mac(b"data"))) == "wrong"


@pytest.mark.parametrize("mac", ["", "é.é", "."])
def test_a_text_that_is_no_mac_is_wrong(mac):
    assert KEYS.check_mac(b"data", mac) == "wrong"


# --- keys stay where they are --------------------------------------------------------------------


def test_what_holds_keys_shows_none_of_them():
    assert (repr(KEYS), str(KEYS), f"{KEYS}") == ("Keyring(hidden)",) * 3
    assert repr(KEYS._active) == "_MasterKey(hidden)"
    assert repr(KEYS._active.by_use["inputs"]) == "_Key(hidden)"


@pytest.mark.parametrize("store", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize(
    "holder", [KEYS, KEYS._active, KEYS._active.by_use["inputs"]], ids=["ring", "master", "key"]
)
def test_what_holds_keys_cannot_be_pickled_or_copied(store, holder):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        store(holder)


def test_a_failure_to_open_has_no_key_in_the_variables_of_its_frames():
    sealed = KEYS.seal(b"hunter2", **PLACE)
    derived = hkdf(NEW, b"reqflo|v1|inputs")

    with pytest.raises(SealProblem) as caught:
        KEYS.unseal(sealed, purpose="inputs", context="run-1")

    frames = [entry.frame.f_locals for entry in caught.traceback[1:]]
    shown = repr(frames)
    assert frames
    assert repr(NEW) not in shown
    assert repr(derived) not in shown


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length):
    with pytest.raises(ValueError, match="a master key has 32 bytes"):
        Keyring(NEW, bytes(length))


def test_equal_keys_are_one():
    assert Keyring(NEW, OLD, NEW).key_ids == {NEW_ID, OLD_ID}


# --- without the library -------------------------------------------------------------------------


@pytest.fixture
def no_library(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    "use", [lambda: Keyring(NEW), lambda: seal_to("pub1.00000000.AAAA", b"x", "run-1")]
)
@pytest.mark.usefixtures("no_library")
def test_without_the_library_the_extra_is_named(use):
    with pytest.raises(UsageProblem) as caught:
        use()

    assert "need the library `cryptography`, which is not installed" in str(caught.value)
    assert "hint: pip install 'pytest-reqflo[durable]'" in str(caught.value)


def test_the_modules_are_imported_without_the_library():
    script = (
        "import sys\n"
        "sys.modules['cryptography'] = None\n"
        "from pytest_reqflo.engine.durable import ledger, sealing\n"
        "print(ledger.__name__, sealing.__name__)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    room = "pytest_reqflo.engine.durable"
    assert run.stdout == f"{room}.ledger {room}.sealing\n"
