"""The client's network address is read only from headers of trusted proxies."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from entrypoints import proxies
from entrypoints.proxies import ProxyHeader, TrustedProxies, parse_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:f::/48")]
CLIENT, ELSEWHERE, PROXY = "203.0.113.9", "198.51.100.7", "10.0.0.2"


def client_of(peer: str, *lines: str, header: ProxyHeader = "x-forwarded-for", sent_as: str = "") -> str:
    name = (sent_as or header).encode()
    headers = Headers(raw=[(name, line.encode("latin-1")) for line in lines])
    return TrustedProxies(PROXIES, header).client_of(peer, headers)


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        ((CLIENT,), CLIENT),
        ((f"{ELSEWHERE}, {CLIENT}",), CLIENT),
        ((ELSEWHERE, CLIENT), CLIENT),
        ((f"{CLIENT}, 10.1.1.1, 10.2.2.2",), CLIENT),
        ((f"{ELSEWHERE}, 10.9.9.9, {CLIENT}, 10.1.1.1",), CLIENT),
        ((f"{CLIENT}:4711",), CLIENT),
        ((f"::ffff:{CLIENT}",), CLIENT),
        (("2001:db8::1",), "2001:db8::1"),
        (("[2001:db8::1]:4711",), "2001:db8::1"),
        (("2001:db8::1, 2001:db8:f::2",), "2001:db8::1"),
        (("10.1.1.1",), "10.1.1.1"),
        ((), PROXY),
        (("",), PROXY),
        (("unknown",), PROXY),
        ((f"{CLIENT}, unknown",), PROXY),
        ((f"{CLIENT}, unknown, 10.1.1.1",), "10.1.1.1"),
        (("127.0.0.1, <script>",), PROXY),
    ],
)
def test_client_ip_address_is_determined_from_the_entries_of_trusted_proxies(
    lines: tuple[str, ...], client: str
) -> None:
    assert client_of(PROXY, *lines) == client


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        ((f"for={CLIENT}",), CLIENT),
        ((f"For={CLIENT};proto=https;by=10.0.0.2",), CLIENT),
        ((f'for="{CLIENT}:4711"',), CLIENT),
        (('proto=http;for="[2001:db8::1]:4711"',), "2001:db8::1"),
        ((f"for={ELSEWHERE}, for={CLIENT}",), CLIENT),
        ((f"for={ELSEWHERE}", f"for={CLIENT}, for=10.1.1.1"), CLIENT),
        ((f"for={ELSEWHERE}, proto=https",), PROXY),
        ((f"for={CLIENT}, for=_hidden",), PROXY),
        ((f"for={CLIENT}, for=unknown",), PROXY),
        ((f'for="{ELSEWHERE}, for={CLIENT}',), PROXY),
        ((f'for="a, for={ELSEWHERE}, for="[2001:db8::1]"',), PROXY),
        ((f'for="a, for={ELSEWHERE}', f"for={CLIENT}"), CLIENT),
        ((f'by="a, for={ELSEWHERE}", for={CLIENT}',), CLIENT),
        (("",), PROXY),
    ],
)
def test_forwarded_header_of_rfc_7239_with_quotes_is_parsed(lines: tuple[str, ...], client: str) -> None:
    assert client_of(PROXY, *lines, header="forwarded") == client


@pytest.mark.parametrize("peer", [CLIENT, "2001:db8::1", "", "unix:"])
def test_forwarded_ip_address_from_an_untrusted_peer_is_ignored(peer: str) -> None:
    assert client_of(peer, ELSEWHERE) == peer
    assert client_of(peer, f"for={ELSEWHERE}", header="forwarded") == peer


def test_forwarding_header_with_a_name_other_than_the_configured_name_is_ignored() -> None:
    assert client_of(PROXY, f"for={ELSEWHERE}", sent_as="forwarded") == PROXY
    assert client_of(PROXY, ELSEWHERE, header="forwarded", sent_as="x-forwarded-for") == PROXY


def test_forwarding_headers_are_ignored_if_the_list_of_proxies_is_empty() -> None:
    headers = Headers({"X-Forwarded-For": ELSEWHERE})
    assert TrustedProxies((), "x-forwarded-for").client_of(CLIENT, headers) == CLIENT


@given(
    said=st.text(alphabet='for=";,\\ 1.:[]_x\t', max_size=60),
    header=st.sampled_from(["x-forwarded-for", "forwarded"]),
)
def test_forged_forwarding_header_does_not_change_the_client_ip_address(
    said: str, header: ProxyHeader
) -> None:
    added = CLIENT if header == "x-forwarded-for" else f"for={CLIENT}"
    assert client_of(PROXY, said, added, header=header) == CLIENT
    if header == "x-forwarded-for":
        assert client_of(PROXY, f"{said}, {added}", header=header) == CLIENT
    else:
        assert client_of(PROXY, f"{said}, {added}", header=header) in {CLIENT, PROXY}


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("x-forwarded-for", "1.1.1.1," * 4000 + CLIENT),
        ("forwarded", "for=1.1.1.1," * 2500 + f"for={CLIENT}"),
    ],
)
def test_only_forwarding_entries_up_to_the_client_ip_address_are_parsed(
    monkeypatch: pytest.MonkeyPatch, header: ProxyHeader, line: str
) -> None:
    parsed: list[str] = []

    def parse_and_note(text: str) -> proxies.IPAddress | None:
        parsed.append(text)
        return parse_address(text)

    monkeypatch.setattr(proxies, "parse_address", parse_and_note)
    assert client_of(PROXY, line, header=header) == CLIENT
    assert parsed == [PROXY, CLIENT]


def test_forwarding_header_of_an_untrusted_sender_is_logged_only_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxies = TrustedProxies((), "x-forwarded-for")
    for _ in range(3):
        proxies.client_of(PROXY, Headers({"X-Forwarded-For": CLIENT}))
    [message] = caplog.messages
    assert "STEELYARD_TRUSTED_PROXIES" in message
    assert CLIENT not in message


def test_only_untrusted_forwarding_headers_cause_a_log_entry(caplog: pytest.LogCaptureFixture) -> None:
    proxies = TrustedProxies(PROXIES, "x-forwarded-for")
    proxies.client_of(PROXY, Headers({"X-Forwarded-For": CLIENT}))
    proxies.client_of(CLIENT, Headers({"Forwarded": f"for={ELSEWHERE}"}))
    assert caplog.messages == []
