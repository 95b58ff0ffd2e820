from __future__ import annotations

import pytest

from pytest_reqflo.lang.formats import FORMATS

GOOD = {
    "date": ["2024-02-29"],
    "time": ["23:59:60Z", "12:00:00.123456789+02:00"],
    "date-time": ["2026-03-01T15:04:05Z", "2026-03-01t15:04:05.1-05:30"],
    "duration": ["P1D", "P1Y2M3DT4H5M6S", "PT36H", "P2W"],
    "email": ["a@b.test"],
    "idn-email": ["ä@b.test"],
    "hostname": ["a", "a-b.example.test"],
    "ipv4": ["127.0.0.1"],
    "ipv6": ["::1", "2001:db8::ff"],
    "uri": ["https://a.test/b?c=d#e", "urn:isbn:1", "mailto:a@b.test", "http://[::1]:80/"],
    "uri-reference": ["/a/b", "", "a%20b", "?x"],
    "uuid": ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
    "json-pointer": ["", "/a~1b/0"],
    "regex": ["^a+$"],
}
BAD = {
    "date": ["2023-02-29", "20240229", "2024-2-9", "", "2024-W01-1"],
    "time": ["24:00:00Z", "12:00:00", "12:00Z", "12:00:00+25:00"],
    "date-time": ["2026-03-01", "2026-03-01 15:04:05Z", "2026-03-01T15:04:05", "2026-13-01T15:04:05Z"],
    "duration": ["P", "PT", "1D", "P1DT", "P1W2D"],
    "email": ["a", "@b", "a@", "a b@c"],
    "idn-email": ["ä"],
    "hostname": ["", "-a", "a..b", "a_b", "a" * 64],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4"],
    "ipv6": ["1::2::3", "fe80::1%eth0", "g::"],
    "uri": ["/a", "http://a b", "://x", "http://[::1"],
    "uri-reference": ["\\a", "a%2", "ä"],
    "uuid": ["2eb8aa08aa9811eab4aa73b441d16380", "x"],
    "json-pointer": ["a", "/a~2"],
    "regex": ["(", "a{99999999}"],
}  # fmt: skip


def test_every_format_has_examples():
    assert list(GOOD) == list(BAD) == list(FORMATS)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in GOOD.items() for t in texts])
def test_fits(name, text):
    assert FORMATS[name](text)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in BAD.items() for t in texts])
def test_does_not_fit(name, text):
    assert not FORMATS[name](text)
