"""Rules that ask DNS: the same hits as SpamAssassin's, which asks a server of the same zone."""

import json
import subprocess

import pytest

from support import programs
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
