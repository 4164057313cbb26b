"""postern-policy through a real Postfix: each stage, what becomes of each action, and the TLS
policies of others (MTA-STS)."""

import datetime
import http.server
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conftest import require_mail_host
from milter_client import FaultyDns, require_program
from support import message, ports, smtp
from support.dns_server import DnsServer
from support.policy import PolicyDaemon, merged
from support.policy_host import NO_MILTER, Folder, PolicyHost
from support.postfix import Postfix

ALICE = "alice@example.org"
CLIENT = "127.0.0.66"
STAGES = {"client": "CONNECT", "helo": "EHLO", "sender": "MAIL", "recipient": "RCPT",
          "data": "DATA", "end_of_data": "END-OF-MESSAGE"}  # fmt: skip

# What each test gets is chosen by the sender; {"END"} rules see the end of the message only.
ACTIONS = {
    "reject": "REJECT 5.7.1 Not here, {client_address}",
    "later": "450 4.7.1 Later, please",
    "never": "554 5.7.1 Never",
    "defer": "DEFER 4.7.0 Deferred",
    "prepend": "PREPEND X-Policy: seen by rule prepend",
    "warn": "WARN watched",
    "discard": "DISCARD unwanted",
    "redirect": "REDIRECT bob@example.org",
    "ok": "OK",
}
RULES = {name: {"state": ["RCPT"], "sender": [f"{name}.example"], "action": action}
         for name, action in ACTIONS.items()}  # fmt: skip
RULES |= {
    "hold": {"state": ["END-OF-MESSAGE"], "sender": ["hold.example"], "action": "HOLD look at it"},
    "end": {"state": ["END-OF-MESSAGE"], "sender": ["end.example"], "action": "REJECT 5.7.1 Full"},
    "size": {"state": ["DATA"], "sender": ["data.example"], "action": "421 4.3.2 Not now"},
}
ZONE = {"grey.example": {"TXT": [["v=spf1 ip4:127.0.0.66 -all"]]}}


SETTINGS = {
    "policy": {"rules": [*RULES, "greylist"],
               "rule": {**RULES, "greylist": {"sender": ["grey.example"]}}},
    "greylist": {"when": "always", "delay": "2s"},
}  # fmt: skip


def at_each_stage(service):
    ask = f"check_policy_service {{ {service}, timeout=10s, default_action=DUNNO }}"
    return {f"smtpd_{stage}_restrictions": ask for stage in STAGES} | {"smtpd_delay_reject": "no"}


class Host(PolicyHost):
    """Postfix asks at each stage."""

    def __init__(self, folder):
        super().__init__(folder, ZONE, SETTINGS, at_each_stage)

    def send(self, sender, recipients=(ALICE,)):
        """(reply, text of the message)"""
        raw = message.build(f"Somebody <{sender}>")
        return smtp.send(self.postfix.smtp_port, raw, sender, recipients, source=CLIENT), raw

    def delivered(self, raw):
        """The message as it lies in the mailbox."""
        wanted = re.search(rb"^Message-ID: (.*)\r$", raw, re.M)[1]

        def find():
            return [text for text in self.postfix.sink_messages() if wanted in text]

        return ports.wait_until(find, lambda: f"not delivered: {self.postfix.log()[-1500:]}")[0]


@pytest.fixture(scope="module")
def host():
    require_mail_host()
    require_program("postern-policy")
    with Folder() as folder, Host(folder) as running:
        yield running
        check_log_of_postfix(running)


def check_log_of_postfix(running):
    """Postfix never had to complain about us."""
    complaints = [line for line in running.postfix.log().splitlines()
                  if re.search(r"warning: .*(polic|access|unknown smtpd restriction)", line)]
    assert complaints == []


# ------------------------------------------------------------------ stages and actions


def test_postfix_asks_at_every_stage_in_one_conversation(host):

    def asked():  # by the client, not by who looked whether the port is open
        return [event for event in host.policy.events("policy") if event["client"] == CLIENT]

    before = len(asked())
    reply, raw = host.send("ann@ok.example")
    assert reply.accepted, reply
    host.delivered(raw)
    lines = asked()[before:]
    assert [line["state"] for line in lines] == list(STAGES.values())
    end = lines[-1]
    assert (end["recipients"], end["sender"], end["recipient"]) == ("1", "@ok.example", ALICE)
    assert end["queue_id"] == reply.queue_id and int(end["size"]) > 100
    assert lines[3]["rule"] == "ok" and "wanted" not in lines[3]


REPLIES = {
    "reject": (554, "5.7.1", "Not here, 127.0.0.66"),
    "later": (450, "4.7.1", "Later, please"),
    "never": (554, "5.7.1", "Never"),
    "defer": (450, "4.7.0", "Deferred"),
    "end": (554, "5.7.1", "Full"),
    "data": (421, "4.3.2", "Not now"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_refusals_reach_the_client_with_code_and_text(host, name):
    code, enhanced, text = REPLIES[name]
    reply, _ = host.send(f"ann@{name}.example")
    assert reply.code in (code, 550 if code == 554 else code), reply
    assert reply.text.startswith(enhanced) and text in reply.text
    assert reply.stage == {"end": "message", "data": "DATA"}.get(name, "RCPT")


def test_greylisted_mail_is_deferred_and_accepted_on_the_retry(host):
    reply, _ = host.send("ann@grey.example")
    assert reply.code == 450 and reply.stage == "RCPT"
    assert reply.text.startswith("4.7.1")
    assert "Greylisted, please try again in 2 seconds" in reply.text
    assert host.send("ann@grey.example")[0].code == 450
    time.sleep(2.1)
    reply, raw = host.send("ann@grey.example")
    assert reply.accepted, reply
    host.delivered(raw)
    figures = host.policy.command("greylist", "list", "--all")[1]
    assert "ann@grey.example" in figures and "returned" in figures


def test_prepend_is_in_the_header_of_what_is_delivered(host):
    reply, raw = host.send("ann@prepend.example")
    assert reply.accepted, reply
    assert b"\nX-Policy: seen by rule prepend\n" in host.delivered(raw)


def test_held_mail_waits_until_it_is_released(host):
    reply, raw = host.send("ann@hold.example")
    assert reply.accepted and host.postfix.queue_name(reply.queue_id) == "hold"
    host.postfix.command("postsuper", "-H", reply.queue_id)
    host.postfix.command("postqueue", "-f")
    host.delivered(raw)


def test_redirected_discarded_and_watched_mail(host):
    for name in ("redirect", "warn", "discard"):
        reply, raw = host.send(f"ann@{name}.example")
        assert reply.accepted, reply
        if name != "discard":
            host.delivered(raw)
    for pattern in (r"discard: RCPT.*unwanted", r"warn: RCPT.*watched", "to=<bob@example.org>"):
        ports.wait_until(lambda pattern=pattern: re.search(pattern, host.postfix.log()), pattern)


def test_mail_flows_while_the_daemon_is_away_and_is_asked_about_again_afterwards(host):
    host.policy.kill()
    reply, raw = host.send("ann@reject.example")
    assert reply.accepted, reply
    host.delivered(raw)
    mark = len(host.postfix.log())
    host.policy.start()
    ports.wait_until(lambda: host.send("ann@reject.example")[0].rejected, "rejected again")
    # These complaints were the fault of the test.
    text = host.postfix.log()
    kept = [line for line in text[:mark].splitlines() if "warning: " not in line]
    later = [line for line in text[mark:].splitlines() if "server in" not in line]
    host.postfix.log_path.write_text("\n".join(kept + later) + "\n")


# ------------------------------------------------------------------ TLS policies (MTA-STS)

POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"


class PolicyServer:
    """Serves /.well-known/mta-sts.txt by HTTPS for every mta-sts.* host of its certificate."""

    def __init__(self, folder):
        folder.mkdir()
        self.texts = {}  # domain -> text
        self.requests = []
        names = ["mta-sts.strict.example", "mta-sts.loose.example", "mta-sts.wrong.example"]
        self.certificate = write_certificate(folder, names)
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self):  # noqa: N802 (the name is the library's)
                host = self.headers["Host"].removeprefix("mta-sts.")
                served.requests.append(host)
                body = served.texts.get(host, "").encode()
                self.send_response(200 if body and self.path == "/.well-known/mta-sts.txt" else 404)
                self.send_header("Content-Type", "text/plain")
                # Without it the body would end where the connection does, which is not closed the
                # way of TLS here: OpenSSL 3.2 and later take that for a truncated answer.
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate[1], self.certificate[0])
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def write_certificate(folder, names):
    """(key, certificate) for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(encoding))
    (folder / "key.pem").write_bytes(key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return folder / "key.pem", folder / "cert.pem"


STS_ZONE = {
    f"_mta-sts.{domain}": {"TXT": [["v=STSv1; id=20261122;"]]}
    for domain in ("strict.example", "loose.example", "wrong.example", "missing.example")
}


class Sts:
    """DNS, a policy server, and a daemon that asks them. `dns` runs already; by default one with
    STS_ZONE is started."""

    def __init__(self, folder, settings=None, dns=None, **options):
        self.dns = dns
        if dns is None:
            self.dns = DnsServer(folder / "dns", STS_ZONE)
            self.dns.start()
        self.web = PolicyServer(folder / "web")
        self.web.texts = {
            "strict.example": POLICY.format(mode="enforce", mx="mx.strict.example"),
            "loose.example": POLICY.format(mode="testing", mx="mx.loose.example"),
            "wrong.example": "version: STSv2\n",
        }
        sts = {"ca_file": str(self.web.certificate[1]), "connect_to": self.web.address}
        base = {"dns": {"servers": [self.dns.address]}, "mta_sts": sts}
        self.settings = merged(base, settings)
        self.policy = PolicyDaemon(folder / "policy", self.settings, **options).start()

    def close(self):
        self.policy.kill()
        self.web.close()
        self.dns.stop()

    def ask(self, domain, map_name="mta-sts"):
        """What postmap -q says; an empty string when there is nothing."""
        table = f"socketmap:unix:{self.policy.map_path}:{map_name}"
        done = subprocess.run(["/usr/sbin/postmap", "-q", domain, table], capture_output=True,
                              timeout=60, check=False, text=True)  # fmt: skip
        return done.stdout.strip() or done.stderr.strip()


@pytest.fixture
def sts(tmp_path):
    require_mail_host()
    require_program("postern-policy")
    running = Sts(tmp_path)
    yield running
    running.close()


def test_postmap_gets_the_policy_of_a_domain_that_enforces_one(sts):
    answer = sts.ask("strict.example")
    assert answer.startswith("secure match=mx.strict.example") and "servername=hostname" in answer
    assert sts.ask("strict.example") == answer and sts.web.requests == ["strict.example"]
    sts.policy.restart()  # it is kept in the store
    assert sts.ask("strict.example") == answer and sts.web.requests == ["strict.example"]
    event = sts.policy.events("tls-policy")[-1]
    assert event["domain"] == "strict.example" and event["answer"] == answer


NO_POLICY = {"loose.example": "mode testing", "wrong.example": "policy", "missing.example": "",
             "other.example": "no MTA-STS record", "[mx.strict.example]": "no domain",
             "192.0.2.1": "no domain"}  # fmt: skip


@pytest.mark.parametrize("domain", NO_POLICY)
def test_postmap_gets_nothing_for_the_others_and_the_log_says_why(sts, domain):
    assert sts.ask(domain) == ""
    event = sts.policy.wait_for_event("tls-policy")
    assert event["answer"] == "none" and NO_POLICY[domain] in event["why"]


def test_a_policy_outlives_its_server_and_a_certificate_that_is_wrong_brings_none(sts):
    answer = sts.ask("strict.example")
    assert answer.startswith("secure")
    sts.web.close()
    assert sts.ask("strict.example") == answer
    sts.policy.command("greylist", "list")  # the store is fine
    assert sts.ask("loose.example") == ""


def test_another_map_is_an_error(sts):
    assert "error" in sts.ask("strict.example", "other")


def test_dns_slower_than_the_store_is_waited_for(tmp_path):
    require_mail_host()
    zone = {name: {"TXT": ["v=STSv1; id=1;"]} for name in STS_ZONE}
    with FaultyDns(tmp_path / "slow", zone, "slow:0.3") as dns:
        running = Sts(tmp_path, {"dns": {"servers": [dns.address]}})
        try:
            assert running.ask("strict.example").startswith("secure")
        finally:
            running.close()


class TlsSink:
    """An SMTP server with STARTTLS that counts the messages it takes."""

    def __init__(self, folder, names):
        folder.mkdir()
        key, certificate = write_certificate(folder, names)
        self.certificate = certificate
        self.taken = []
        self.port = ports.free_port()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        try:
            stream = self._say(connection, "220 sink")
            encrypted = False
            while line := stream.readline().strip().upper():
                if line.startswith(b"EHLO"):
                    self._say(connection, "250 sink" if encrypted else "250-sink\r\n250 STARTTLS")
                elif line == b"STARTTLS":
                    self._say(connection, "220 go")
                    connection = self._context.wrap_socket(connection, server_side=True)
                    stream, encrypted = connection.makefile("rb"), True
                elif line == b"DATA":
                    self._say(connection, "354 go")
                    while stream.readline() not in (b".\r\n", b""):
                        pass
                    self.taken.append(encrypted)
                    self._say(connection, "250 taken")
                elif line == b"QUIT":
                    return
                else:
                    self._say(connection, "250 ok")
        except OSError:
            pass
        finally:
            connection.close()

    @staticmethod
    def _say(connection, text):
        connection.sendall(text.encode() + b"\r\n")
        return connection.makefile("rb")

    def close(self):
        self._listener.close()


@pytest.mark.parametrize("name, place", [
    ("mx.strict.example", "taken"), ("mx.evil.example", "deferred"),
])  # fmt: skip
def test_mail_goes_to_the_host_of_the_policy_and_to_no_other(tmp_path, name, place):
    """The route is given by hand; the name in the certificate is checked."""
    require_mail_host()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="psm", dir="/var/tmp"))
    folder.chmod(0o755)
    sink = TlsSink(tmp_path / "sink", [name])
    running = Sts(tmp_path)
    postfix = Postfix(folder / "postfix", "", settings={
        **NO_MILTER, "default_transport": f"smtp:[127.0.0.1]:{sink.port}", "relay_transport": None,
        "smtp_tls_policy_maps": f"inline:{{ [127.0.0.1]:{sink.port}=secure match=x }}",
        "smtp_tls_CAfile": str(sink.certificate)})  # fmt: skip
    try:
        value = running.ask("strict.example")
        # smtp(8) looks up the next hop, which here is the route: it gets the value of the domain.
        table = folder / "tls_policy"
        table.write_text(f"[127.0.0.1]:{sink.port} {value.replace(' servername=hostname', '')}\n")
        postfix._options["settings"]["smtp_tls_policy_maps"] = f"texthash:{table}"
        shutil.copy(sink.certificate, folder / "ca.pem")
        (folder / "ca.pem").chmod(0o644)
        postfix._options["settings"]["smtp_tls_CAfile"] = str(folder / "ca.pem")
        postfix.start()
        raw = message.build("Alice <alice@example.org>", "bob@strict.example")
        reply = smtp.send(postfix.smtp_port, raw, ALICE, ["bob@strict.example"], source="127.0.0.8")
        assert reply.accepted, reply
        if place == "taken":
            ports.wait_until(lambda: sink.taken, lambda: postfix.log()[-2000:])
            assert sink.taken == [True]
        else:
            ports.wait_until(lambda: "status=deferred" in postfix.log(), postfix.log, 30)
            assert re.search(r"status=deferred \(Server certificate not (verified|trusted)",
                             postfix.log()), postfix.log()[-1500:]
            assert sink.taken == []
    finally:
        postfix.stop()
        running.close()
        sink.close()
        shutil.rmtree(folder, ignore_errors=True)
