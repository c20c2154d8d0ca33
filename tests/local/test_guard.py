from __future__ import annotations

import httpx
import pytest

from tests.local.engine import PARENT, PORT, TOKEN, Bench, read, refused

PATH = f"/v1/{PARENT}/customJobs"


def _ask(bench: Bench, path: str = PATH, **headers: str) -> httpx.Response:
    client = httpx.Client(transport=httpx.WSGITransport(app=bench.app), base_url=f"http://127.0.0.1:{PORT}")
    return client.get(path, headers=headers)


@pytest.mark.parametrize(
    "header", ["", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer %C3%A9"]
)
def test_without_the_token_nothing_is_answered(idle: Bench, header: str) -> None:
    response = _ask(idle, **({"Authorization": header} if header else {}))
    assert refused(response)[:2] == (401, "UNAUTHENTICATED")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_token_counts_as_a_secret_first_part_of_the_path(idle: Bench) -> None:
    assert read(_ask(idle, f"/{TOKEN}{PATH}")) == {}
    assert refused(_ask(idle, f"/{TOKEN[:-1]}x{PATH}"))[:2] == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_the_engine_answers_to_its_own_names(idle: Bench, host: str) -> None:
    assert read(_ask(idle, Authorization=f"Bearer {TOKEN}", Host=host)) == {}


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.nip.io:{PORT}"]
)
def test_a_foreign_host_header_is_refused_even_with_the_token(idle: Bench, host: str) -> None:
    response = _ask(idle, Authorization=f"Bearer {TOKEN}", Host=host)
    assert refused(response) == (403, "PERMISSION_DENIED", "The Host header does not name the local engine.")


def test_a_browsers_question_before_a_request_is_not_answered(idle: Bench) -> None:
    client = httpx.Client(transport=httpx.WSGITransport(app=idle.app), base_url=f"http://127.0.0.1:{PORT}")
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in (PATH, f"/{TOKEN}{PATH}"):
        response = client.options(path, headers=asked)
        assert refused(response)[:2] == (403, "PERMISSION_DENIED")
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://127.0.0.1:{PORT}", "null"])
def test_a_web_page_is_refused_even_with_the_token(idle: Bench, origin: str) -> None:
    response = _ask(idle, Authorization=f"Bearer {TOKEN}", Origin=origin)
    assert refused(response)[:2] == (403, "PERMISSION_DENIED")
    assert not [name for name in response.headers if name.lower().startswith("access-control")]
