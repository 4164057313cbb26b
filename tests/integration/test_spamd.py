"""The milter as a spamd: spamc of Debian talks to it, and to SpamAssassin's own, side by side."""

import re
import shutil
import socket
import subprocess
import zlib

import pytest

from milter_client import Daemon, message
from support import ports, programs, spam_rules
from support.plain_dns import PlainDns

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
STOCK = "/usr/share/spamassassin"
# What SpamAssassin loads by default is in the site's *.pre; its DNS and its own learning are off.
SPAMD = ("--local", "--nouser-config", "--syslog=stderr", "--max-children=1", "--cf=use_bayes 0",
         "--cf=bayes_auto_learn 0", "--siteconfigpath=/etc/spamassassin")  # fmt: skip

LETTERS = {
    "plain": message(body=b"Hello\r\n"),
    "money": message(body=b"Dear friend,\r\nI am the widow of a bank manager in Nigeria and have 15 million US dollars "
                     b"to transfer. Confidential business proposal, please contact me with your bank account.\r\n"),
    "html": message(body=b"<html><body><a href='http://192.0.2.7/x'>click here</a><img src='http://x.example/a.gif'>"
                    b"<font color='#fff' style='background:#fff'>hidden</font></body></html>\r\n",
                    extra=b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"),
    "shouting": message(body=b"BUY NOW!!! CHEAP VIAGRA AND CIALIS, 100% FREE, ACT NOW, LIMITED TIME OFFER\r\n" * 5),
    "no fields": b"\r\nbody only\r\n",
    "encoded": message(body=b"VGhpcyBpcyBiYXNlNjQgdGV4dC4=\r\n",
                       extra=b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
                             b"Content-Transfer-Encoding: base64\r\n"),
    "forged outlook": message(extra=b"X-Mailer: Microsoft Outlook Express 6.00.2600.0000\r\nX-Priority: 1\r\n"
                                    b"X-MSMail-Priority: High\r\n"),
}  # fmt: skip


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(antispam=None, dns=None, **spamd):
        path = tmp_path / "spamd.sock"
        section = antispam or spam_rules.write(tmp_path)
        settings = {**(dns or NO_DNS), "antispam": section,
                    "spamd": {"sockets": [f"unix:{path}"], **spamd}}  # fmt: skip
        daemon = Daemon(tmp_path, settings, unix=True).start(wait=False)
        running.append(daemon)
        daemon.wait_for_event("started", timeout=120)  # with the rules of the package
        daemon.spamd = path
        return daemon

    yield begin
    for daemon in running:
        daemon.kill()


def require(program):
    if shutil.which(program) is None:
        pytest.skip(f"not installed: {program}")
    return program


def spamc(socket_path, raw, *options):
    """What spamc prints, and its exit status."""
    done = subprocess.run([require("spamc"), "-U", str(socket_path), *options], input=raw,
                          capture_output=True, timeout=60)  # fmt: skip
    return done.stdout, done.returncode


def letter(kind):
    subject, body = kind
    return message(body=body.encode() + b"\r\n").replace(b"Subject: test", b"Subject: " + subject.encode())


def ask(path, octets, ends=True):
    """The whole answer to these octets."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        client.sendall(octets)
        if ends:
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        return answer


def test_spamc_check(start):
    daemon = start()
    assert spamc(daemon.spamd, letter(spam_rules.SPAM), "-c") == (b"5.5/5.0\n", 1)
    assert spamc(daemon.spamd, letter(spam_rules.HAM), "-c") == (b"0.0/5.0\n", 0)
    event = daemon.events("spamd-request")[0]
    assert (event["method"], event["spam"], event["rules"]) == ("CHECK", "spam", "TEST_BODY,TEST_SUBJECT")


def test_spamc_symbols_report_headers_process(start):
    daemon = start()
    raw = letter(spam_rules.SPAM)
    assert spamc(daemon.spamd, raw, "-y")[0].strip() == b"TEST_BODY,TEST_SUBJECT"
    report = spamc(daemon.spamd, raw, "-R")[0]
    assert b"5.5/5.0" in report and b"BODY: The body speaks of pills" in report, report
    assert spamc(daemon.spamd, letter(spam_rules.HAM), "-r")[0].strip() == b""
    whole = spamc(daemon.spamd, raw)[0]
    assert whole.startswith(b"X-Spam-Checker-Version: SpamAssassin ") and b"\r\nX-Spam-Flag: YES\r\n" in whole, whole
    assert whole.endswith(raw), whole
    assert spamc(daemon.spamd, raw, "--headers")[0] == whole, "spamc puts the body behind the headers"


def test_compressed_messages_and_ping(start):
    """Debian's spamc cannot compress; others can."""
    daemon = start()
    packed = zlib.compress(letter(spam_rules.SPAM))
    head = b"SYMBOLS SPAMC/1.5\r\nCompress: zlib\r\nContent-length: %d\r\n\r\n" % len(packed)
    assert ask(daemon.spamd, head + packed, ends=False) == (
        b"SPAMD/1.1 0 EX_OK\r\nContent-length: 22\r\nSpam: True ; 5.5 / 5.0\r\n\r\nTEST_BODY,TEST_SUBJECT")  # fmt: skip
    assert spamc(daemon.spamd, b"", "-K") == (b"SPAMD/1.5 0\n", 0)


def test_protocol_errors(start):
    daemon = start()
    path = daemon.spamd
    assert ask(path, b"GET / HTTP/1.0\r\n\r\n").startswith(b"SPAMD/1.0 76 ")
    short = b"CHECK SPAMC/1.5\r\nContent-length: 100\r\n\r\nabc"
    assert b"Content-Length mismatch: Expected 100 bytes, got 3 bytes" in ask(path, short)
    bomb = zlib.compress(b"x" * 50_000_000)
    head = b"CHECK SPAMC/1.5\r\nCompress: zlib\r\nContent-length: %d\r\n\r\n" % len(bomb)
    assert b"SPAMD/1.0 69 " in ask(path, head + bomb)
    assert ask(path, b"PING SPAMC/1.2\r\n", ends=False) == b"SPAMD/1.5 0 PONG\r\n"
    assert len(daemon.events("spamd-problem")) == 3


def test_teaching_is_off_by_default(start):
    assert b"TELL commands are not enabled" in ask(
        start().spamd, b"TELL SPAMC/1.5\r\nMessage-class: spam\r\nSet: local\r\nContent-length: 3\r\n\r\nabc")  # fmt: skip


def test_clients_by_tcp(tmp_path):
    """Only those of spamd.clients."""
    port = ports.free_port()
    settings = {**NO_DNS, "antispam": spam_rules.write(tmp_path),
                "spamd": {"sockets": [f"inet:{port}@127.0.0.1"], "clients": ["127.0.0.1"]}}  # fmt: skip
    daemon = Daemon(tmp_path, settings, unix=True).start()
    try:
        done = subprocess.run([require("spamc"), "-d", "127.0.0.1", "-p", str(port), "-c"],
                              input=letter(spam_rules.SPAM), capture_output=True, timeout=60)  # fmt: skip
        assert done.stdout == b"5.5/5.0\n"
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) as client:
            client.settimeout(30)
            assert client.recv(10) == b""
        daemon.wait_for_event("spamd-problem")
    finally:
        daemon.kill()


def test_a_stop_answers_what_is_under_way(start):
    daemon = start()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(daemon.spamd))
        raw = letter(spam_rules.SPAM)
        client.sendall(b"CHECK SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(raw) + raw)
        assert b"Spam: True" in client.recv(4096)
    assert daemon.stop() == 0


LISTS = """
loadplugin Mail::SpamAssassin::Plugin::DNSEval
loadplugin Mail::SpamAssassin::Plugin::AskDNS
loadplugin Mail::SpamAssassin::Plugin::URIDNSBL
util_rb_tld com
header TEST_RELAY eval:check_rbl('x-lastexternal', 'zen.example.com.')
tflags TEST_RELAY net
header TEST_WORDS eval:check_rbl_txt('y-lastexternal', 'txt.example.com.')
tflags TEST_WORDS net
urirhssub TEST_LINK multi.example.com. A 2
body TEST_LINK eval:check_uridnsbl('TEST_LINK')
tflags TEST_LINK net
askdns TEST_ASK _SENDERDOMAIN_.ask.example.com A /^127/
tflags TEST_ASK net nolog
"""
LISTED = {
    "7.113.0.203.zen.example.com": {"A": ["127.0.0.2"]},
    "7.113.0.203.txt.example.com": {"TXT": [["Blocked, see https://example.com/?7"]]},
    "shop.com.multi.example.com": {"A": ["127.0.0.2"]},
    "author.com.ask.example.com": {"A": ["127.0.0.3"]},
}


def test_reports_say_what_lists_said(start, tmp_path):
    section = {**spam_rules.write(tmp_path, spam_rules.RULES + LISTS), "network": True}
    raw = (b"Return-Path: <a@author.com>\r\nReceived: from mail.author.com (mail.author.com [203.0.113.7])"
           b" by mx.postern.test (Postfix) with ESMTP id 1; Tue, 14 Nov 2023 22:13:00 +0000\r\n"
           + message(b"a@author.com", b"See http://shop.com/ now\r\n"))  # fmt: skip
    with PlainDns(LISTED) as server:
        daemon = start(section, {"dns": {"servers": [f"127.0.0.1@{server.port}"], "dnssec": False}})
        report = spamc(daemon.spamd, raw, "-R")[0].decode()
    assert details(report) == [
        "[*REDACTED*]", "[203.0.113.7 listed in zen.example.com]",
        "[Blocked, see <https://example.com/?7>]", "[URI: shop.com]"], report  # fmt: skip
    assert " TEST_RELAY             RBL: " in report and " TEST_ASK               ASKDNS: " in report


def details(report):
    """What a report says in brackets."""
    return sorted(line.strip() for line in report.splitlines() if re.fullmatch(r" {5,}\[.*\]", line))


@pytest.fixture(scope="module")
def stock_spamd(tmp_path_factory):
    """SpamAssassin's own, with its stock rules."""
    directory = tmp_path_factory.mktemp("spamd")
    path = directory / "spamd.sock"
    log = open(directory / "log", "wb")
    program = shutil.which("spamd", path="/usr/sbin:/usr/bin") or pytest.skip("not installed: spamd")
    process = subprocess.Popen(
        [program, *SPAMD, f"--socketpath={path}", f"--helper-home-dir={directory}", "--username=nobody"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # fmt: skip
    directory.chmod(0o777)
    for folder in directory.parents:
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    ports.wait_until(path.exists, lambda: (directory / "log").read_text(), 60)
    yield path
    programs.end_group(process)
    log.close()


@pytest.mark.parametrize("name", LETTERS)
def test_the_same_rules_hit_as_with_spamassassin(start, stock_spamd, name):
    """spamc prints the same line, whoever answers."""
    daemon = start({"enabled": True, "rules": STOCK, "site": "/etc/spamassassin", "network": False})
    ours, _ = spamc(daemon.spamd, LETTERS[name], "-y")
    theirs, _ = spamc(stock_spamd, LETTERS[name], "-y")
    assert ours.strip() == theirs.strip() != b""
    assert spamc(daemon.spamd, LETTERS[name], "-c") == spamc(stock_spamd, LETTERS[name], "-c")


def test_the_same_details_as_with_spamassassin(start, stock_spamd):
    daemon = start({"enabled": True, "rules": STOCK, "site": "/etc/spamassassin", "network": False})
    raw = message(b"winner.2024@gmail.com", b"Write to other.winner@yahoo.com\r\n",
                  extra=b"Reply-To: lottery.2024@hotmail.com\r\n")  # fmt: skip
    ours, _ = spamc(daemon.spamd, raw, "-R")
    theirs, _ = spamc(stock_spamd, raw, "-R")
    assert details(ours.decode()) == details(theirs.decode()) != []
