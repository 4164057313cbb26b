"""postern-policy with its store on a Redis behind TLS and a password: what works, and what is said
when the certificate or the password is wrong."""

import datetime
import shutil
import socket
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from milter_client import FaultyDns, require_program
from support import ports
from support.policy import PolicyDaemon, RedisServer, merged
from support.store_faults import (HELD, PASSED_OVER, SETTINGS, check_fails,
                                  check_fails_and_recovers, new_sender,
                                  wait_until_it_works)  # fmt: skip

PASSWORD = "correct horse battery staple"
LIMIT = 7
LOGIN = {"protocol_state": "END-OF-MESSAGE", "sasl_username": "ann", "recipient_count": "1"}
DAY = datetime.timedelta(days=1)


class Authority:
    """A certification authority of our own; `file` has its certificate."""

    def __init__(self, folder, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._sign(self.name, self.key, [
            (x509.BasicConstraints(ca=True, path_length=0), True)]))  # fmt: skip

    def _sign(self, subject, key, extensions, begin=-2 * DAY, end=30 * DAY):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + begin).not_valid_after(now + end))  # fmt: skip
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def certify(self, folder, host, **validity):
        """Writes key and certificate for a host; their paths."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        folder.mkdir(parents=True, exist_ok=True)
        certificate = folder / "cert.pem"
        certificate.write_bytes(self._sign(subject, key, [(names, False)], **validity))
        (folder / "key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))  # fmt: skip
        return folder / "key.pem", certificate


class TlsRedis(RedisServer):
    """It speaks TLS as "localhost" to clients that know the password; the port without TLS is for
    tests."""

    def __init__(self, folder, authority):
        self.tls_port = ports.free_port()
        key, certificate = authority.certify(folder / "good", "localhost")
        super().__init__(
            folder / "redis", "--tls-port", self.tls_port, "--tls-cert-file", certificate,
            "--tls-key-file", key, "--tls-ca-cert-file", authority.file, "--tls-auth-clients", "no",
            password=PASSWORD)  # fmt: skip
        self.url = f"rediss://localhost:{self.tls_port}/0"

    def start(self):
        super().start()
        ports.wait_for_port(self.tls_port, "redis-server with TLS", self._process)
        return self

    def show(self, key, certificate):
        """Another certificate from now on."""
        reply = self.command("CONFIG", "SET", "tls-cert-file", certificate, "tls-key-file", key)
        assert reply == b"+OK\r\n", reply


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "ours")


@pytest.fixture
def redis(tmp_path, authority):
    if not shutil.which("redis-server"):
        pytest.skip("not installed: apt-get install redis-server")
    with TlsRedis(tmp_path, authority) as server:
        yield server


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    require_program("postern-policy")
    with FaultyDns(tmp_path_factory.mktemp("dns"), {}) as server:
        yield {"dns": {"servers": [server.address]}}


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def start(tmp_path, dns, redis, authority, password_file):
    """start(store settings): a daemon on the TLS port. Handshakes may take a loaded machine long,
    so the store gets more time than by default."""
    daemons = []

    def begin(name="p", **store):
        given = {"url": redis.url, "ca_file": str(authority.file), "timeout": "1s",
                 "password_file": str(password_file), **store}  # fmt: skip
        settings = merged(merged(dns, SETTINGS), {"store": given})
        settings["policy"]["rules"] = ["limits", *settings["policy"]["rules"]]
        settings["policy"]["limit"] = {"login-hour": {"amount": LIMIT}}
        daemons.append(PolicyDaemon(tmp_path / name, settings).start())
        return daemons[-1]

    yield begin
    for daemon in daemons:
        daemon.kill()


def test_greylist_and_limits_are_shared_through_tls(start, redis):
    one, other = start("one"), start("two")
    assert one.ask(sender="shared@author.example").startswith(HELD)
    action, line = other.decision(sender="shared@author.example")
    assert action.startswith(HELD) and "early retry" in line["why"]
    answers = [(one, other)[n % 2].ask(**LOGIN, instance=f"tls.{n}") for n in range(LIMIT + 2)]
    assert answers[:LIMIT] == [PASSED_OVER] * LIMIT
    assert not any(answer.startswith("WARN") for answer in answers[LIMIT:]), answers
    # Both by the port with TLS; the other one is ours.
    assert b"shared@author.example" in redis.command("KEYS", "*shared*")
    assert one.events("store-down") == other.events("store-down") == []


def wrong_authority(redis, authority, password_file, tmp_path):
    right = authority.file.read_bytes()
    authority.file.write_bytes(Authority(tmp_path, "theirs").file.read_bytes())
    return lambda: authority.file.write_bytes(right)


def no_authority(redis, authority, password_file, tmp_path):
    right = authority.file.read_bytes()
    authority.file.unlink()
    return lambda: authority.file.write_bytes(right)


def wrong_password(redis, authority, password_file, tmp_path):
    password_file.write_text("wrong\n")
    return lambda: password_file.write_text(PASSWORD + "\n")


def no_password_file(redis, authority, password_file, tmp_path):
    password_file.rename(tmp_path / "elsewhere")
    return lambda: (tmp_path / "elsewhere").rename(password_file)


def expired(redis, authority, password_file, tmp_path):
    redis.show(*authority.certify(tmp_path / "old", "localhost", begin=-2 * DAY, end=-DAY))
    return lambda: redis.show(tmp_path / "good/key.pem", tmp_path / "good/cert.pem")


def not_yet_valid(redis, authority, password_file, tmp_path):
    redis.show(*authority.certify(tmp_path / "early", "localhost", begin=DAY, end=2 * DAY))
    return lambda: redis.show(tmp_path / "good/key.pem", tmp_path / "good/cert.pem")


def of_another_host(redis, authority, password_file, tmp_path):
    redis.show(*authority.certify(tmp_path / "other", "other.example"))
    return lambda: redis.show(tmp_path / "good/key.pem", tmp_path / "good/cert.pem")


WRONG = {
    wrong_authority: "its certificate is not accepted: ",
    no_authority: "certificates cannot be read from",
    wrong_password: "it does not accept",
    no_password_file: "/password",
    expired: "its certificate is not accepted: certificate has expired",
    not_yet_valid: "its certificate is not accepted: certificate is not yet valid",
    of_another_host: "its certificate is not accepted: hostname mismatch",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_once_mail_flows_and_it_works_when_mended(
        start, redis, authority, password_file, tmp_path, wrong):  # fmt: skip
    mend = wrong(redis, authority, password_file, tmp_path)
    daemon = start()
    check_fails_and_recovers(daemon, WRONG[wrong], mend)
    line = daemon.events("store-down")[0]["problem"]
    assert PASSWORD not in daemon.log() and "\n" not in line


def test_a_certificate_that_expires_in_operation_is_noticed_at_the_next_connection(
        start, redis, authority, password_file, tmp_path):  # fmt: skip
    daemon = start()
    wait_until_it_works(daemon)
    mend = expired(redis, authority, password_file, tmp_path)
    assert new_sender(daemon).startswith(HELD)  # the connection is there
    redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    ports.wait_until(lambda: new_sender(daemon) == PASSED_OVER, "it is noticed", 30)
    check_fails(daemon, "certificate has expired")
    mend()
    wait_until_it_works(daemon)
    daemon.wait_for_event("store-up")


class Listener:
    """Hears what clients say first, and answers as a Redis without TLS would."""

    def __init__(self, heard):
        self._server = socket.create_server((ports.LOOPBACK, 0))
        self.port = self._server.getsockname()[1]
        self._heard = heard

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
                with connection:
                    self._heard.append(connection.recv(65536))
                    connection.sendall(b"-ERR unknown command\r\n")
            except OSError:
                if self._server.fileno() < 0:
                    return


def test_without_tls_the_daemon_says_nothing_secret(start, tmp_path):
    """A server that speaks no TLS gets no password."""
    heard = []
    with Listener(heard) as listener:
        daemon = start(url=f"rediss://localhost:{listener.port}/0")
        check_fails(daemon, "redis")
    assert heard and not any(PASSWORD.encode() in octets for octets in heard)
