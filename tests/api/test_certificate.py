"""Mutual TLS: which certificate is presented, and that a server which asks for it gets it."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.auth.transport._mtls_helper import _run_cert_provider_command

from tests.api.network import TOKEN, FakeClock
from tests.api.test_sockets import GOOD, read_request
from trainctl.api.auth import authorize
from trainctl.api.certificate import ClientCertificate, find_certificate
from trainctl.api.google_token import _make_transport
from trainctl.api.identity import Identity
from trainctl.api.transport import Request, Transport
from trainctl.errors import CredentialsError, Unreachable

if TYPE_CHECKING:
    from pathlib import Path


def issue(folder: Path, name: str) -> ClientCertificate:
    """A certificate of its own authority for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    found = ClientCertificate(folder / f"{name}.pem", folder / f"{name}.key")
    found.certificate.write_bytes(made.public_bytes(pem))
    found.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return found


def configure(file: Path, certificate: ClientCertificate) -> Path:
    workload = {"cert_path": str(certificate.certificate), "key_path": str(certificate.key)}
    file.write_text(json.dumps({"version": 1, "cert_configs": {"workload": workload}}))
    return file


def test_a_configuration_with_a_workload_is_enough(tmp_path: Path) -> None:
    mine = ClientCertificate(tmp_path / "c", tmp_path / "k")
    assert find_certificate({}, tmp_path) is None
    named = {"GOOGLE_API_CERTIFICATE_CONFIG": str(configure(tmp_path / "mine.json", mine))}
    assert find_certificate(named, tmp_path) == mine
    configure(tmp_path / "certificate_config.json", mine)
    assert find_certificate({}, tmp_path) == mine
    assert find_certificate({"GOOGLE_API_USE_CLIENT_CERTIFICATE": "false"}, tmp_path) is None


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"cert_configs": {}}'])
def test_a_certificate_that_is_asked_for_and_not_there_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "certificate_config.json").write_text(content)
    assert find_certificate({}, tmp_path) is None
    asked = {"GOOGLE_API_USE_CLIENT_CERTIFICATE": "true", "HOME": str(tmp_path)}
    with pytest.raises(CredentialsError, match=r"^GOOGLE_API_USE_CLIENT_CERTIFICATE asks for a client certificate, "):
        find_certificate(asked, tmp_path)


def secure_connect(home: Path, command: list[str]) -> dict[str, str]:
    """The environment of a machine with Endpoint Verification, whose command is this one."""
    metadata = home / ".secureConnect" / "context_aware_metadata.json"
    metadata.parent.mkdir()
    metadata.write_text(json.dumps({"cert_provider_command": command}))
    return {"HOME": str(home), "GOOGLE_API_USE_CLIENT_CERTIFICATE": "true"}


def test_secure_connect_hands_out_a_certificate_for_one_command(tmp_path: Path) -> None:
    """google-auth reads the same out of what the command prints."""
    mine = issue(tmp_path, "mine")
    command = ["cat", str(mine.certificate), str(mine.key)]
    environment = secure_connect(tmp_path, command)
    assert find_certificate({"HOME": str(tmp_path)}, tmp_path) is None
    found = find_certificate(environment, tmp_path)
    assert found is not None
    files = (found.certificate, found.key)
    theirs = _run_cert_provider_command(command)  # type: ignore[no-untyped-call]
    assert tuple(file.read_bytes().strip() for file in files) == tuple(part.strip() for part in theirs[:2])
    assert [stat.S_IMODE(file.stat().st_mode) for file in (*files, found.key.parent)] == [0o600, 0o600, 0o700]
    found.load_into(ssl.create_default_context())
    found.discard()
    assert not found.key.parent.exists()


@pytest.mark.parametrize("command", [["false"], ["true"], ["/nonexistent/helper"], ["echo", "-----BEGIN CERTIFICATE"]])
def test_a_command_of_secure_connect_that_fails_is_told(tmp_path: Path, command: list[str]) -> None:
    with pytest.raises(CredentialsError, match="cert_provider_command"):
        find_certificate(secure_connect(tmp_path, command), tmp_path)


def test_tokens_are_asked_for_with_the_certificate_too(tmp_path: Path) -> None:
    transport: Any = _make_transport(None, ClientCertificate(tmp_path / "c", tmp_path / "k"))
    assert transport.func.session.cert == (str(tmp_path / "c"), str(tmp_path / "k"))


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = ClientCertificate(tmp_path / "c", tmp_path / "k")
    with pytest.raises(CredentialsError, match=r"^the client certificate `.*/c` cannot be used: No such file"):
        missing.load_into(ssl.create_default_context())


@pytest.mark.parametrize("presented", [True, False])
def test_a_server_that_asks_for_a_certificate_gets_it(tmp_path: Path, presented: bool) -> None:
    server, mine = issue(tmp_path, "server"), issue(tmp_path, "client")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(mine.certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(server.certificate, server.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, context), daemon=True)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        clock = FakeClock()
        transport = Transport(
            authorize(Identity(token=TOKEN), clock, endpoints=[url]),
            clock,
            ca_file=server.certificate,
            certificate=mine if presented else None,
        )
        try:
            if presented:
                assert transport.send(Request("GET", url)).status == 200
            else:
                with pytest.raises(Unreachable):
                    transport.send(Request("GET", url))
        finally:
            transport.close()
            thread.join(5)


def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Answer one connection, if its client shows who it is."""
    connection, _ = listener.accept()
    try:
        with context.wrap_socket(connection, server_side=True) as secured:
            read_request(secured)
            secured.sendall(GOOD)
    except OSError:
        connection.close()
