"""Rules that ask DNS: the same hits as SpamAssassin's, which asks a server of the same zone."""

import json
import os
import signal
import subprocess
import time

import pytest

from milter_client import Daemon, Mail, deliver, message
from support import programs, spam_rules
from support.plain_dns import PlainDns

ORACLE = programs.ROOT / "tools" / "sa-oracle"
NOW = "1700000000"

RECEIVED = """\
Return-Path: <bounce@author.com>
Received: from {name} ({name} [{ip}]) by mx.postern.test (Postfix) with ESMTP id 1
\tfor <user@postern.test>; Tue, 14 Nov 2023 22:13:00 +0000
Received: from first.dialup.net (first.dialup.net [198.51.100.9]) by {name}
\twith SMTP id 2; Tue, 14 Nov 2023 22:12:00 +0000
From: {author}
To: user@postern.test
Subject: {name}
Message-ID: <1@{name}>
Date: Tue, 14 Nov 2023 22:12:00 +0000
Content-Type: text/{kind}

{body}
"""

HTML = (
    '<html><a href="http://www.linked.com/">now</a> <a href="http://203.0.113.80/x">x</a>'
    '<img src="http://pictures.net/a.gif"></html>'
)

MESSAGES = {
    "listed": {"ip": "203.0.113.7", "name": "mail.listed.com", "author": "a@author.com"},
    "welcome": {"ip": "203.0.113.8", "name": "mail.welcome.com", "author": "b@fresh.org"},
    "private": {"ip": "10.1.2.3", "name": "inside.com", "author": "c@inside.com"},
    "ipv6": {"ip": "2001:db8::7", "name": "six.com", "author": "d@six.com"},
    "links": {
        "ip": "203.0.113.9",
        "name": "plain.com",
        "author": "e@plain.com, f@second.com",
        "kind": "html",
        "body": HTML,
    },
    "text": {
        "ip": "203.0.113.10",
        "name": "text.com",
        "author": "g@text.com",
        "body": "Visit shop.example-shop.com or http://www.served.com/ or http://2130706433/",
    },
}

LISTED = "127.0.0.2"
REVERSED_SIX = ".".join(reversed("20010db8" + "0" * 23 + "7"))

ZONE = {
    "7.113.0.203.zen.spamhaus.org": {"A": [LISTED, "127.0.0.10"]},
    "9.100.51.198.zen.spamhaus.org": {"A": ["127.0.0.3", "127.0.0.4"]},
    f"{REVERSED_SIX}.zen.spamhaus.org": {"A": ["127.0.0.4"]},
    "7.113.0.203.bl.spamcop.net": {"TXT": [["Blocked - see https://www.spam", "cop.net/"]]},
    "7.113.0.203.bl.mailspike.net": {"A": ["127.0.0.11"]},
    "9.113.0.203.psbl.surriel.com": {"A": ["192.0.2.1"]},
    "10.113.0.203.psbl.surriel.com": {"A": [LISTED]},
    "8.113.0.203.list.dnswl.org": {"A": ["127.0.5.3"]},
    "8.113.0.203.wl.mailspike.net": {"A": ["127.0.0.18"]},
    "8.113.0.203.iadb.isipp.com": {"A": ["127.0.1.255", "127.3.100.6"]},
    "fresh.org.fresh.fmb.la": {"A": ["127.2.0.14"]},
    "second.com.fresh.fmb.la": {"A": ["127.2.0.2"]},
    "mail.listed.com": {"A": ["203.0.113.7"]},
    "author.com": {"TXT": [["v=spf1 +all"]]},
    "www.linked.com.dbl.spamhaus.org": {"A": ["127.0.1.2"]},
    "pictures.net.multi.uribl.com": {"A": ["127.0.0.6"]},
    "80.113.0.203.multi.surbl.org": {"A": ["127.0.0.72"]},
    "80.113.0.203.dbl.spamhaus.org": {"A": ["127.0.1.4"]},
    "www.linked.com": {"A": ["192.0.2.44"]},
    "44.2.0.192.zen.spamhaus.org": {"A": ["127.0.0.3"]},
    "served.com": {"NS": ["ns1.hosted.net", "ns2.hosted.net"]},
    "ns1.hosted.net": {"A": ["192.0.2.53"]},
    "53.2.0.192.zen.spamhaus.org": {"A": [LISTED]},
    "example-shop.com.multi.uribl.com": {"A": ["127.0.0.2"]},
    "example-shop.com.dob.sibl.support-intelligence.net": {"A": [LISTED]},
}

# Whatever of these either side hits must be hit by both.
PREFIXES = (
    *("RCVD_IN_", "__RCVD_IN_", "URIBL_", "SURBL_"),
    *("__FROM_FMBLA", "__HELO_DNS", "__PDS_SPF"),
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Of each message the rules that need DNS: SpamAssassin's and ours."""
    folder = tmp_path_factory.mktemp("network")
    for name, parts in MESSAGES.items():
        text = RECEIVED.format(**{"kind": "plain", "body": "Hello.", **parts})
        (folder / f"{name}.eml").write_text(text)
    paths = [str(folder / f"{name}.eml") for name in MESSAGES]
    (folder / "list").write_text("".join(f"{path}\n" for path in paths))
    (folder / "zone.json").write_text(json.dumps(ZONE))
    with PlainDns(ZONE) as server:
        oracle = [ORACLE, "--net", f"[127.0.0.1]:{server.port}", "--time", NOW]
        _run([*oracle, folder / "list", folder / "theirs"])
    ours = _run(
        [
            programs.binary_directory() / "postern",
            *("check", "--rules-json", "--eager", "--time", NOW),
            *("--zone", folder / "zone.json", "--files-from", folder / "list"),
        ]
    )
    return _by_message((folder / "theirs").read_text()), _by_message(ours)


def _run(command):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _by_message(lines):
    found = {}
    for line in map(json.loads, lines.splitlines()):
        rules = {rule: value for rule, value in line["rules"].items() if rule.startswith(PREFIXES)}
        found[line["file"].rsplit("/", 1)[-1].removesuffix(".eml")] = rules
    return found


@pytest.mark.parametrize("message", MESSAGES)
def test_same_hits_as_spamassassin(judged, message):
    theirs, ours = judged
    assert ours[message] == theirs[message]


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("listed", "RCVD_IN_SBL"),
        ("listed", "RCVD_IN_PBL"),
        ("listed", "RCVD_IN_BL_SPAMCOP_NET"),
        ("listed", "__PDS_SPF_ONLYALL"),
        ("listed", "__HELO_DNS"),
        ("welcome", "RCVD_IN_DNSWL_HI"),
        ("welcome", "__FROM_FMBLA_NEWDOM14"),
        ("ipv6", "RCVD_IN_XBL"),
        ("links", "URIBL_DBL_SPAM"),
        ("links", "URIBL_GREY"),
        ("links", "URIBL_CSS_A"),
        ("links", "__FROM_FMBLA_NEWDOM"),
        ("text", "URIBL_SBL_A"),
        ("text", "URIBL_BLACK"),
        ("text", "RCVD_IN_PSBL"),
    ],
)
def test_lists_are_asked(judged, message, rule):
    _, ours = judged
    assert rule in ours[message]


def test_answers_beyond_127_are_no_listing(judged):
    _, ours = judged
    assert "RCVD_IN_PSBL" not in ours["links"]


# ------------------------------------------------------------------ the milter

RULES = spam_rules.RULES + """\
loadplugin Mail::SpamAssassin::Plugin::DNSEval
loadplugin Mail::SpamAssassin::Plugin::URIDNSBL
loadplugin Mail::SpamAssassin::Plugin::HashBL
loadplugin Mail::SpamAssassin::Plugin::AskDNS
util_rb_tld com org net example
header CLIENT_LISTED eval:check_rbl('x-lastexternal', 'listed.org')
tflags CLIENT_LISTED net
score CLIENT_LISTED 6
uridnssub LINK_HOST hosts.org. A 2
body LINK_HOST eval:check_uridnsbl('LINK_HOST')
tflags LINK_HOST net a ns
urirhssub LINK_LISTED links.org. A 2
body LINK_LISTED eval:check_uridnsbl('LINK_LISTED')
tflags LINK_LISTED net notrim
header MAIL_LISTED eval:check_hashbl_emails('mails.org', 'raw/user', 'ALLFROM/Reply-To/body')
askdns NOT_SERVED _AUTHORDOMAIN_.served.org A [SERVFAIL]
uridnsbl_max_domains 400
"""
CLIENT = "203.0.113.7"
OFF = {"enabled": False}


@pytest.fixture
def lists(tmp_path):
    """Call it with a zone: a milter that asks it, and the server."""
    running = []

    def begin(zone, silent=(), rules="", dns=None, **antispam):
        server = PlainDns(zone, silent).__enter__()
        section = {**spam_rules.write(tmp_path, RULES + rules), "network": True, **antispam}
        asks = {"servers": [f"127.0.0.1@{server.port}"], **(dns or {})}
        settings = {"mode": "enforce", "dns": asks, "antispam": section,
                    "spf": OFF, "dkim": OFF, "arc": OFF, "dmarc": OFF}  # fmt: skip
        running.append((Daemon(tmp_path, settings, unix=True).start(), server))
        return running[-1]

    yield begin
    for daemon, server in running:
        daemon.kill()
        server.__exit__()


def letter(body, **envelope):
    return Mail(message(b"m@author.com", body.encode() + b"\r\n"), client=CLIENT, **envelope)


def judged_event(daemon):
    return [event for event in daemon.events() if event["event"] == "message"][-1]


def names_below(server, zone):
    return {name for name, _ in server.asked if name.endswith("." + zone)}


def test_many_links_do_not_switch_the_lists_off(lists):
    daemon, server = lists({"7.113.0.203.listed.org": {"A": [LISTED]}}, dns={"max_questions": 20})
    body = "".join(f"http://0x{number}.com/\r\n" for number in range(300))
    assert deliver(daemon.address, letter(body)).action == "accept"
    event = judged_event(daemon)
    assert "CLIENT_LISTED" in event["rules"] and event["spam"] == "spam", event
    assert event["limits"] == "antispam.max_questions", event
    assert event["rules_unasked"] == "LINK_HOST,LINK_LISTED", event
    assert "NOT_SERVED" not in event["rules"], "what we did not ask is no SERVFAIL"
    assert len(names_below(server, "links.org")) == 160


def test_one_question_is_the_one_about_the_client(lists):
    zone = {"7.113.0.203.listed.org": {"A": [LISTED]}}
    daemon, server = lists(zone, max_questions=1)
    deliver(daemon.address, letter("http://0.com/ and joe@third.com"))
    assert {name for name, _ in server.asked} == {"7.113.0.203.listed.org"}
    assert judged_event(daemon)["rules"] == "CLIENT_LISTED"


def test_recipients_and_our_own_names_are_told_to_nobody(lists):
    daemon, server = lists({})
    body = (
        "anna@ours.com, anna+tag@ours.com and joe@third.com\r\n"
        "http://www.ours.com/ http://www.mx.test.example/ http://10.1.1.1/ http://shop.com/\r\n"
    )
    deliver(daemon.address, letter(body, recipient=b"Anna@Ours.com"))
    names = {name for name, _ in server.asked}
    assert names_below(server, "mails.org") == {
        *("m.mails.org", "bounce.mails.org", "joe.mails.org")
    }
    assert names_below(server, "links.org") == {"shop.com.links.org"}
    assert not any("ours.com" in name or "test.example" in name for name in names), names


def test_a_silent_list_is_left_alone_and_the_log_says_so(lists):
    rules = (
        "header DEAD eval:check_rbl('d-lastexternal', 'dead.org')\ntflags DEAD net\n"
        "rbl_timeout 2 0.2\n"
    )
    daemon, server = lists({}, silent=["dead.org"], rules=rules)
    taken = []
    for number in range(3):
        begin = time.monotonic()
        deliver(daemon.address, letter(f"joe{number}@third.com http://shop{number}.com/"))
        taken.append(time.monotonic() - begin)
    assert max(taken) < 1.9, "few that are missing are not waited for as long as all"
    event = daemon.wait_for_event("list-paused")
    assert event["detail"] == "dead.org: does not answer", event
    os.kill(daemon.pid, signal.SIGHUP)
    daemon.wait_for_event("reloaded")
    asked = len(names_below(server, "dead.org"))
    server.asked.clear()
    begin = time.monotonic()
    deliver(daemon.address, Mail(message(b"m@author.com", b"x"), client="203.0.113.8"))
    assert time.monotonic() - begin < 0.5
    assert asked == 1 and not names_below(server, "dead.org"), "a reload forgets nothing"


def test_a_list_that_refuses_is_left_alone(lists):
    rules = (
        "header REFUSES eval:check_rbl('r-lastexternal', 'refuses.org', '^127\\.255\\.255')\n"
        "tflags REFUSES net\ndns_block_rule REFUSES refuses.org\n"
    )
    zone = {f"{octet}.113.0.203.refuses.org": {"A": ["127.255.255.254"]} for octet in (7, 8)}
    daemon, server = lists(zone, rules=rules)
    deliver(daemon.address, letter("x"))
    detail = daemon.wait_for_event("list-paused")["detail"]
    assert detail == "refuses.org: refuses our questions"
    server.asked.clear()
    deliver(daemon.address, Mail(message(b"m@author.com", b"x"), client="203.0.113.8"))
    assert server.asked and not names_below(server, "refuses.org")


def test_international_hosts_are_asked_by_their_ascii_names(lists):
    daemon, server = lists({"xn--bcher-kva.com.links.org": {"A": [LISTED]}})
    html = "<a href='http://b\u00fccher.com/x'>x</a>".encode()
    extra = b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    deliver(daemon.address, Mail(message(b"m@author.com", html, extra=extra), client=CLIENT))
    assert "LINK_LISTED" in judged_event(daemon)["rules"], server.asked
