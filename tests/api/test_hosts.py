"""Which host a request goes to when a client certificate is used, held to google-auth's own reading of AIP-4114."""

from __future__ import annotations

import httpx
import pytest
from google.auth.transport._mtls_helper import is_mtls_endpoint

from tests.api.network import TOKEN, FakeClock
from trainctl.api.auth import authorize
from trainctl.api.hosts import Hosts, choose_hosts
from trainctl.api.identity import Identity
from trainctl.api.transport import Request, Transport
from trainctl.errors import UsageError

PUBLIC = ["us-central1-aiplatform", "logging", "storage", "automl", "ml"]


@pytest.mark.parametrize("service", PUBLIC)
def test_public_hosts_have_a_sister_that_takes_certificates(service: str) -> None:
    url = Hosts(mutual=True).lead(f"https://{service}.googleapis.com/v1/projects/p?x=https://a.googleapis.com/")
    assert url == f"https://{service}.mtls.googleapis.com/v1/projects/p?x=https://a.googleapis.com/"
    assert is_mtls_endpoint(url)
    assert Hosts(mutual=True).lead(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.googleapis.com.evil.example/v1",
        "https://evil.example/https://storage.googleapis.com/",
        "https://aiplatform.p.googleapis.com/v1",
        "http://127.0.0.1:8080/v1",
        "https://us-central1-aiplatform.example.com/v1",
    ],
)
def test_other_hosts_stay(url: str) -> None:
    assert Hosts(mutual=True).lead(url) == url


def test_an_endpoint_that_a_setting_names_stays() -> None:
    named = "https://us-central1-aiplatform.googleapis.com"
    hosts = choose_hosts({}, certificate=True, universe_domain="googleapis.com", endpoints=[named])
    assert hosts.lead(f"{named}/v1/projects/p") == f"{named}/v1/projects/p"
    assert hosts.lead("https://logging.googleapis.com/v2") == "https://logging.mtls.googleapis.com/v2"


@pytest.mark.parametrize(
    ("choice", "certificate", "universe", "mutual"),
    [
        (None, True, "googleapis.com", True),
        (None, False, "googleapis.com", False),
        ("auto", True, "googleapis.com", True),
        ("always", False, "googleapis.com", True),
        ("Never", True, "googleapis.com", False),
        ("always", True, "example.com", False),
    ],
)
def test_the_variable_of_aip_4114_decides(choice: str | None, certificate: bool, universe: str, mutual: bool) -> None:
    environment = {} if choice is None else {"GOOGLE_API_USE_MTLS_ENDPOINT": choice}
    assert choose_hosts(environment, certificate=certificate, universe_domain=universe, endpoints=[]).mutual is mutual


def test_another_word_is_refused() -> None:
    environment = {"GOOGLE_API_USE_MTLS_ENDPOINT": "maybe"}
    with pytest.raises(UsageError, match="`GOOGLE_API_USE_MTLS_ENDPOINT=maybe` is not possible"):
        choose_hosts(environment, certificate=True, universe_domain="googleapis.com", endpoints=[])


def test_requests_go_to_that_host_with_their_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    clock = FakeClock()
    transport = Transport(
        authorize(Identity(token=TOKEN), clock),
        clock,
        hosts=Hosts(mutual=True),
        transport=httpx.MockTransport(answer),
    )
    assert transport.send(Request("GET", "https://europe-west4-aiplatform.googleapis.com/v1/x")).status == 200
    assert str(seen[0].url) == "https://europe-west4-aiplatform.mtls.googleapis.com/v1/x"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
