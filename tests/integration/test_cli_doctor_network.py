"""What `postern doctor` asks of the network: the AD bit, SRV records, and the policy of MTA-STS."""

import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import threading

import pytest

import milter_client
from support import tls

DOMAIN = "example.org"
WEB = "mta-sts.example.org"
WEB_ADDRESS = "127.0.0.44"  # port 443 there is nobody's
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 86400\r\n"
SRV, SOA, NXDOMAIN = 33, 6, 3


def doctor(*words, **environment):
    command = [str(milter_client.require_program("postern")), "doctor", "--json", *words]
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60,
                          check=False, text=True, env={**os.environ, **environment})  # fmt: skip
    assert done.stderr == "", done.stderr
    return json.loads(done.stdout)["findings"]


class NameServer:
    """Answers SRV questions from a dictionary and says of every answer whether it validated it."""

    def __init__(self, services, validates, truncates=False):
        self._services = services
        self._validates = validates
        self._truncates = truncates  # by UDP; the whole answer is there by TCP
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1@{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._stream = None
        if truncates:
            self._stream = socket.create_server(self._socket.getsockname())
            threading.Thread(target=self._serve_stream, daemon=True).start()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.close()
        if self._stream:
            self._stream.close()

    def _serve_stream(self):
        while True:
            try:
                client, _ = self._stream.accept()
            except OSError:
                return
            with client, client.makefile("rb") as reader:
                (size,) = struct.unpack("!H", reader.read(2))
                reply = self._answer(reader.read(size))
                client.sendall(struct.pack("!H", len(reply)))
                client.sendall(reply)  # the length may come alone

    def _shortened(self, reply):
        """Header and question with TC set."""
        end = reply.index(b"\0", 12) + 5
        (flags,) = struct.unpack_from("!H", reply, 2)
        return reply[:2] + struct.pack("!HHHHH", flags | 0x200, 1, 0, 0, 0) + reply[12:end]

    def _serve(self):
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
                reply = self._answer(query)
                self._socket.sendto(self._shortened(reply) if self._truncates else reply, client)
            except OSError:
                return

    def _answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += query[at] + 1
        (kind,) = struct.unpack_from("!H", query, at + 1)
        question = query[12 : at + 5]
        records = self._services.get(".".join(labels), []) if kind == SRV else []
        data = [struct.pack("!HHH", *record[:3]) + self._name(record[3]) for record in records]
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", SRV, 1, 60, len(d)) + d for d in data)
        code = 0 if records or kind == SOA else NXDOMAIN
        flags = 0x8180 | (0x20 if self._validates else 0) | code
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(data), 0, 0) + question + answers

    @staticmethod
    def _name(name):
        parts = [part for part in name.split(".") if part]
        return b"".join(bytes([len(p)]) + p.encode() for p in parts) + b"\0"


def all_services(host):
    ports = {"_imaps": 993, "_submissions": 465, "_submission": 587, "_sieve": 4190}
    return {f"{name}._tcp.{DOMAIN}": [(0, 1, port, host)] for name, port in ports.items()}


def config(folder, server):
    path = folder / "postern.toml"
    path.write_text(f'authserv_id = "mx.example.org"\n[dns]\nservers = ["{server}"]\n')
    return path


@pytest.mark.parametrize("validates, severity", [(True, "ok"), (False, "warning")])
def test_the_ad_bit_is_read(tmp_path, validates, severity):
    with NameServer({}, validates) as server:
        (finding,) = doctor("--only", "dnssec", "--config", config(tmp_path, server.address))
    assert finding["severity"] == severity


def test_srv_records_are_read(tmp_path):
    words = ["--only", "srv", "--keys", tmp_path / "none", DOMAIN]
    with NameServer(all_services("mail.example.org"), True) as server:
        (finding,) = doctor(*words, "--config", config(tmp_path, server.address))
    assert finding["severity"] == "ok"
    fewer = all_services("mail.example.org")
    del fewer[f"_sieve._tcp.{DOMAIN}"]
    with NameServer(fewer, True) as server:
        (finding,) = doctor(*words, "--config", config(tmp_path, server.address))
    assert finding["severity"] == "info" and finding["text"].endswith("no _sieve._tcp")


def test_truncated_srv_records_are_asked_for_by_tcp(tmp_path):
    words = ["--only", "srv", "--keys", tmp_path / "none", DOMAIN]
    with NameServer(all_services("mail.example.org"), True, truncates=True) as server:
        (finding,) = doctor(*words, "--config", config(tmp_path, server.address))
    assert finding["severity"] == "ok", finding


def test_a_name_server_that_is_silent_is_given_up_in_time(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        findings = doctor("--only", "dnssec", "--only", "srv", "--timeout", "1", DOMAIN, "--keys",
                          tmp_path / "none", "--config",
                          config(tmp_path, f"127.0.0.1@{silent.getsockname()[1]}"))  # fmt: skip
    assert {f["severity"] for f in findings} == {"skipped"}
    assert all("no answer in time" in f["text"] for f in findings)


class WebServer:
    """HTTPS with one answer to everything."""

    def __init__(self, folder, name, status, body):
        key, certificate = tls.write_certificate(folder, name)
        self.certificate = certificate

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = status if self.path == "/.well-known/mta-sts.txt" else 404
                self.send_response(found)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer((WEB_ADDRESS, 443), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


WEB_CASES = {
    "right": (WEB, 200, POLICY, "ok", "mode enforce"),
    "other host": (WEB, 200, POLICY.replace(b"mx.ex", b"old.ex"), "error", "does not name"),
    "not there": (WEB, 404, b"", "warning", "answers 404"),
    "redirect": (WEB, 301, b"", "warning", "answers 301"),
    "no policy": (WEB, 200, b"<html>", "warning", "version: STSv1"),
    "too large": (WEB, 200, b"x" * 300_000, "warning", "too large"),
    "certificate of another name": ("www.example.org", 200, POLICY, "warning", "certificate of"),
}


def examine_policy(folder, certificate):
    zone = {"_mta-sts.example.org": {"TXT": ["v=STSv1; id=1"]}, WEB: {"A": [WEB_ADDRESS]},
            "mx.example.org": {"A": ["192.0.2.1"]}}  # fmt: skip
    (folder / "zone.json").write_text(json.dumps(zone))
    (folder / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = mx.example.org\n")
    os.utime(folder / "main.cf", (1, 1))
    (folder / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    (finding,) = doctor("--only", "mta-sts", "--zone", folder / "zone.json", "--keys",
                        folder / "none", "--postfix-config", folder, DOMAIN,
                        SSL_CERT_FILE=str(certificate))  # fmt: skip
    return finding


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to listen on port 443")
@pytest.mark.parametrize("name", WEB_CASES)
def test_the_policy_of_mta_sts_is_fetched(tmp_path, name):
    host, status, body, severity, text = WEB_CASES[name]
    with WebServer(tmp_path, host, status, body) as server:
        finding = examine_policy(tmp_path, server.certificate)
    assert (finding["severity"], text in finding["text"]) == (severity, True), finding


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to listen on port 443")
def test_a_certificate_that_nobody_trusts_is_refused(tmp_path):
    with WebServer(tmp_path, WEB, 200, POLICY):
        finding = examine_policy(tmp_path, "/dev/null")
    assert finding["severity"] == "warning" and "certificate of" in finding["text"]


def test_a_web_server_that_does_not_exist(tmp_path):
    finding = examine_policy(tmp_path, "/dev/null")
    assert finding["severity"] == "warning" and "connection refused" in finding["text"]
