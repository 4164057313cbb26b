"""SPF, DMARC, and DNS faults end to end: envelopes and names of the cases SPF, DM, and DNS through
the milter, with the queries counted at the DNS server.
"""

import re
import sys

import pytest

import milter_client
from milter_client import Daemon, FaultyDns, Mail, deliver, message, read_results

sys.path.insert(0, str(milter_client.SECURITY))
import gencases  # noqa: E402
import signer  # noqa: E402

FINE = {"FAULT": "ok"}  # a name that is healthy whatever mode the DNS server is in


def healthy(zone, *names):
    """The names of a zone that a normal message needs, out of reach of a fault of the server."""
    return {name: {**zone.get(name, {}), **FINE} for name in names}


def dmarc(text):
    return {"TXT": [text]}


def more_names():
    """What the rows need beyond the zone of gencases.py."""
    zone = gencases.zone()
    zone["77.2.0.192.in-addr.arpa"] = {"PTR": [f"n{i}.legit.example" for i in range(1000)],
                                       "FAULT": "slow:1"}  # fmt: skip
    zone["local.spf.example"] = {"TXT": ["v=spf1 exists:%{l}.void.local.spf.example -all"]}
    zone["_dmarc.twice.example"] = {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}
    zone["_dmarc.spfthere.example"] = {"TXT": ["v=spf1 -all"]}
    zone["_dmarc.failing.example"] = {"FAULT": "servfail"}
    key = zone["s1._domainkey.legit.example"]
    zone["slow._domainkey.legit.example"] = {**key, "FAULT": "slow:0.3"}
    zone["slow.legit.example"] = {"TXT": ["v=spf1 ip4:192.0.2.66 -all"], "FAULT": "slow:0.3"}
    return zone


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    milter_client.require_program("postern-milter")
    directory = tmp_path_factory.mktemp("dns")
    with FaultyDns(directory, more_names()) as dns:
        settings = {"mode": "enforce", "dns": {"servers": [dns.address]}}
        daemon = Daemon(directory / "m", settings, unix=True).start()
        daemon.dns = dns
        yield daemon
        daemon.kill()


def judge(daemon, mail, seconds=5):
    """(outcome, log line, names and types asked) of one message; then the common rule."""
    pid, asked, logged = daemon.pid, len(daemon.dns.queries()), len(daemon.log())
    outcome = deliver(daemon.address, mail)
    assert outcome.seconds < seconds, outcome.seconds
    lines = daemon.log()[logged:].splitlines()
    assert len(lines) == 1 and milter_client.LOG_LINE.fullmatch(lines[0]), lines
    queries = daemon.dns.queries()[asked:]
    daemon.check_alive(pid)
    return outcome, milter_client.milter.authres.parse_log_line(lines[0]), queries


# ------------------------------------------------------------------ SPF

# id: domain of MAIL FROM, results allowed, most queries for names of that domain
SPF = {
    "SPF-01": ("loop.spf.example", {"permerror"}, 10),
    "SPF-02": ("deep0.spf.example", {"permerror"}, 11),
    "SPF-03": ("wide.spf.example", {"permerror"}, 12),
    "SPF-03 voids": ("voids.spf.example", {"permerror"}, 4),
    "SPF-05": ("mx.spf.example", {"permerror"}, 12),
    "SPF-07": ("two.spf.example", {"permerror"}, 1),
    "SPF-08": ("macro.spf.example", {"permerror"}, 1),
    "SPF-09": ("under.spf.example", {"fail"}, 1),  # exp= is not fetched
    "SPF-09 reversed": ("rev.spf.example", {"permerror"}, 4),
    "SPF-10": ("huge.spf.example", {"fail"}, 2),  # over UDP, then over TCP
    "SPF-11": ("cidr.spf.example", {"permerror"}, 1),
    "SPF-12": ("c1.spf.example", {"temperror", "permerror"}, 20),
}


def spf_queries(queries):
    """Without those of HELO, DMARC, and the author."""
    others = ("_dmarc", "mail.attack.example", "attack.example")
    return [query for query in queries if not query[2].startswith(others)]


@pytest.mark.parametrize("row", SPF)
def test_spf_records_that_cost_or_lie(bench, row):
    domain, results, most = SPF[row]
    mail = Mail(message(), mail_from=b"x@" + domain.encode())
    outcome, line, queries = judge(bench, mail, seconds=3)
    assert line["mail_from_domain"] == domain and line["spf"] in results
    asked = spf_queries(queries)
    assert 1 <= len(asked) <= most, asked
    _, statements = read_results(outcome.field("Authentication-Results"))
    spf = [s for s in statements if s.method == "spf"]
    assert [(s.result, s.value("smtp.mailfrom")) for s in spf] == [(line["spf"], "x@" + domain)]
    assert line["dmarc"] == "fail"  # the SPF of the author's own domain would have passed


def test_spf06_reverse_names_are_bounded_by_count_and_time(bench):
    mail = Mail(message(), mail_from=b"x@ptr.spf.example", client="192.0.2.77")
    _, line, queries = judge(bench, mail)
    assert line["spf"] == "fail"
    hosts = {name for _, _, name in queries if name.endswith(".legit.example")}
    assert len(hosts - {"_dmarc.legit.example"}) <= 10


HOSTILE_SENDERS = {
    "comment": b"(any@legit.example",
    "comment in domain": b"any@legit.example(a.attack.example",
    "quote": b"any@legit.example'@any.attack.example",
    "route": b"@attack.example,@any.example:admin@legit.example",
    "results": b"x; spf=pass smtp.mailfrom=admin@legit.example",
    "quoted results": b'"x\\" spf=pass; dmarc=pass"@attack.example',
    "comment end": b"x) dmarc=pass (@attack.example",
    "fold": b"x\r\n dmarc=pass@attack.example",
    "newline": b"x\nX-Injected: 1\n@attack.example",
    "eight bit": b"\xff\xfe\xc3\xa9@attack.example",
    "escape": b"x\x1b[2J\x07%s%n@attack.example",
    "long": b"x" * 5000 + b"@attack.example",
    "only at": b"@",
    "trailing dot": b"x@attack.example.",
    "format": b"x@%s%n",
    "brackets": b"<x@legit.example>>",
}


@pytest.mark.parametrize("sender", HOSTILE_SENDERS)
def test_spf13_hostile_mail_from_injects_nothing(bench, sender):
    """Our field stays one field with one statement per check, and repeats the address or less."""
    mail = Mail(message(), mail_from=HOSTILE_SENDERS[sender])
    outcome, line, _ = judge(bench, mail)
    text = outcome.field("Authentication-Results")
    identifier, statements = read_results(text)
    assert identifier == milter_client.AUTHSERV_ID
    assert [s.method for s in statements] == ["spf", "dkim", "arc", "dmarc"], text
    allowed = {"smtp.mailfrom", "header.from"}
    assert {name for s in statements for name, _ in s.properties} <= allowed
    given = statements[0].value("smtp.mailfrom")
    shown = re.sub(r"[^ -~]", "?", HOSTILE_SENDERS[sender].decode("latin1"))
    assert given in (shown, shown[: len(given)]), given
    assert line["spf"] == statements[0].result
    assert (line["spf"], line["mail_from_domain"]) != ("pass", "legit.example")
    assert [name for _, name, _ in outcome.inserted] == ["X-Postern-Verdict", "Authentication-Results"]
    # only a real pass of the author's own domain may give the author a pass
    assert line["dmarc"] == ("pass" if line["spf"] == "pass" else "fail")


@pytest.mark.parametrize("sender", ["comment", "comment in domain", "quote"])
def test_spf13_no_result_for_the_protected_domain(bench, sender):
    _, line, _ = judge(bench, Mail(message(), mail_from=HOSTILE_SENDERS[sender]))
    assert line["spf"] == "none" or line["mail_from_domain"] != "legit.example", line


def test_spf13_a_source_route_is_dropped(bench):
    """What remains is judged as the address it is (RFC 5321 appendix C), and not authorized."""
    _, line, _ = judge(bench, Mail(message(), mail_from=HOSTILE_SENDERS["route"]))
    assert (line["spf"], line["mail_from_domain"]) == ("fail", "legit.example"), line


HELOS = {
    "long": (b"h" * 60 + b".") * 5 + b"example",
    "long label": b"h" * 64 + b".example",
    "eight bit": b"\xff\xfe.example",
    "literal": b"[192.0.2.66]",
    "one label": b"localhost",
    "empty": b"",
    "blank": b"mail attack.example",
    "quote": b'a";dmarc=pass;"b.example',
    "newline": b"a\nb.example",
}


@pytest.mark.parametrize("helo", HELOS)
def test_spf14_null_sender_with_a_helo_that_is_no_name(bench, helo):
    outcome, line, queries = judge(bench, Mail(message(), mail_from=b"", helo=HELOS[helo]))
    assert line["spf"] in ("none", "permerror") and line["spf_helo"] in ("none", "permerror")
    for _, _, name in queries:
        assert re.fullmatch(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", name), name
        assert len(name) <= 253, name
    assert [name for _, _, name in queries if not name.endswith("attack.example")] in ([], ["_dmarc.example"])
    _, statements = read_results(outcome.field("Authentication-Results"))
    assert [s.method for s in statements] == ["spf", "dkim", "arc", "dmarc"]
    assert line["dmarc"] == "fail"  # no identity is authenticated


def test_spf15_a_name_that_is_too_long_is_cut_from_the_left(bench):
    local = b".".join(b"l%03d" % i for i in range(80))
    _, line, queries = judge(bench, Mail(message(), mail_from=local + b"@local.spf.example"))
    assert line["spf"] == "fail"
    (name,) = [name for _, _, name in queries if name.endswith("void.local.spf.example")]
    whole = local.decode() + ".void.local.spf.example"
    assert whole.endswith("." + name) and 248 <= len(name) <= 253


# ------------------------------------------------------------------ DMARC

# id: author, result, policy, action
DMARC = {
    "DM-01 rf is unknown now": ("a@bad1.example", "fail", "reject", "reject"),
    "DM-01 p= is empty, rua= lives": ("a@bad2.example", "fail", "none", "accept"),
    "DM-01 500 targets": ("a@bad3.example", "fail", "none", "accept"),
    "DM-01 no tag is right": ("a@bad4.example", "none", "none", "accept"),
    "DM-05 two records": ("a@twice.example", "none", "none", "accept"),
    "DM-05 SPF text": ("a@spfthere.example", "none", "none", "accept"),
    "DM-06": ("a@failing.example", "temperror", "none", "accept"),
}


@pytest.mark.parametrize("row", DMARC)
def test_dmarc_records(bench, row):
    author, result, policy, action = DMARC[row]
    outcome, line, _ = judge(bench, Mail(message(author.encode())))
    assert (line["dmarc"], line["policy"], outcome.action) == (result, policy, action)
    if action == "accept":
        _, statements = read_results(outcome.field("Authentication-Results"))
        assert [s.result for s in statements if s.method == "dmarc"] == [result]


def test_dm04_a_deep_name_costs_eight_queries(bench):
    author = b"a@" + b"x." * 119 + b"legit.example"
    outcome, line, queries = judge(bench, Mail(message(author)))
    asked = {name for _, kind, name in queries if kind == "TXT" and name.startswith("_dmarc.")}
    assert len(asked) <= 8 and all(len(name) <= 253 for name in asked)
    assert (line["dmarc"], line["policy"], outcome.action) == ("fail", "reject", "reject")
    assert len(outcome.text) < 500 and re.fullmatch(r"[ -~]+", outcome.text)  # MLT-14


@pytest.mark.parametrize("mail_from", [b"", b"x@other.example"])
def test_dm07_helo_gives_no_alignment(bench, mail_from):
    mail = Mail(message(b"m@attack.example"), mail_from=mail_from, helo=b"attack.example")
    outcome, line, _ = judge(bench, mail)
    assert (line["spf_helo"], line["dmarc"]) == ("pass", "fail")
    _, statements = read_results(outcome.field("Authentication-Results"))
    helo = [s for s in statements if s.value("smtp.helo")]
    assert [(s.result, s.value("smtp.helo")) for s in helo] == [("pass", "attack.example")]


@pytest.mark.parametrize("bad_first", [True, False])
def test_dm08_a_failed_signature_of_the_author_never_passes(bench, bad_first):
    """A signature of d=legit.example that fails, one of d=attack.example that passes."""
    raw = message(b"admin@legit.example")
    good = {"key": "attack1024", "d": "attack.example"}
    bad = {"key": "attack1024", "d": "legit.example"}  # signed with a key that is not legit's
    first, second = (good, bad) if bad_first else (bad, good)  # signed first, so lower
    raw = signer.dkim_sign(signer.dkim_sign(raw, **first), **second)
    outcome, line, _ = judge(bench, Mail(raw))
    order = ["fail/legit.example", "pass/attack.example"]
    assert line["dkim"].split(",") == (order if bad_first else order[::-1])
    assert (line["dmarc"], outcome.action) == ("fail", "reject")


@pytest.mark.parametrize("by", ["dkim", "spf"])
def test_dmarc_waits_for_what_it_rests_on(bench, by):
    """The policy is in the cache, the key or the SPF record is not, and comes a little later."""
    author = b"admin@legit.example"
    assert judge(bench, Mail(message(author)))[1]["dmarc"] == "fail"  # the policy is known now
    if by == "dkim":
        raw = signer.dkim_sign(message(author), key="legit2048", d="legit.example", s="slow")
        mail = Mail(raw, client="198.51.100.9", mail_from=b"x@other.example")
    else:
        mail = Mail(message(author), mail_from=b"x@slow.legit.example")
    outcome, line, _ = judge(bench, mail)
    assert line[by].split("/")[0] == "pass"
    assert (line["dmarc"], outcome.action) == ("pass", "accept")


# ------------------------------------------------------------------ DNS that fails

BUDGET_SECONDS = 1.5
SLOW_BUDGET_SECONDS = 4  # libunbound asks again after 0.7 s and takes the answer to that
GOOD, GONE, NOTHING = ("pass", "pass"), ("temperror", "temperror"), ("none", "none")

# id, mode of the server: (spf, dmarc) allowed for mail that passes both when DNS works
FAULTS = {
    ("DNS-01", "silent"): {GONE},
    ("DNS-02", "slow:1"): {GOOD},
    ("DNS-02", "slow:20"): {GONE},
    ("DNS-03", "servfail"): {GONE},
    ("DNS-03", "refused"): {GONE},
    ("DNS-03", "formerr"): {GONE},
    ("DNS-04", "tc"): {GOOD},
    ("DNS-05", "tcdrop"): {GONE},
    ("DNS-06", "badid"): {GONE},
    ("DNS-06", "badq"): {GONE},
    ("DNS-07", "garbage"): {GONE},
    ("DNS-07", "short"): {GONE},
    ("DNS-07", "loopptr"): {GONE},
    ("DNS-07", "lame"): {GOOD},
    # SPF and DKIM may each be spared; DMARC needs one of them.
    ("DNS-09", "flip"): {GOOD, GONE, ("pass", "temperror"), ("temperror", "pass")},
    ("DNS-10", "amp"): {GOOD},
    ("control", "ok"): {GOOD},
    ("control", "nx"): {NOTHING},
}


def fault_zone():
    zone = gencases.zone()
    normal = healthy(zone, "attack.example", "mail.attack.example", "_dmarc.attack.example",
                     "_dmarc.example", "example")  # fmt: skip
    return {
        **normal,
        "victim.example": {"TXT": ["v=spf1 ip4:192.0.2.66 -all"]},
        "_dmarc.victim.example": {"TXT": ["v=DMARC1; p=reject"]},
        "s1._domainkey.victim.example": zone["s1._domainkey.attack.example"],
    }


@pytest.mark.parametrize("row, mode", FAULTS)
def test_dns_fault(tmp_path, row, mode):
    """temperror and never a fail or a pass that is none, in bounded time; the next one is fine."""
    milter_client.require_program("postern-milter")
    with FaultyDns(tmp_path, fault_zone(), mode) as dns:
        budget_seconds = SLOW_BUDGET_SECONDS if mode == "slow:1" else BUDGET_SECONDS
        budget_ms = int(1000 * budget_seconds)
        budget = {"timeout": f"{budget_ms}ms", "budget": f"{budget_ms}ms"}
        settings = {"mode": "enforce", "dns": {"servers": [dns.address], **budget}}
        daemon = Daemon(tmp_path / "m", settings, unix=True).start()
        daemon.dns = dns
        try:
            raw = signer.dkim_sign(message(b"a@victim.example"), d="victim.example")
            mail = Mail(raw, mail_from=b"a@victim.example")
            outcome, line, queries = judge(daemon, mail, seconds=budget_seconds + 1)
            found = FAULTS[row, mode]
            assert (line["spf"], line["dmarc"]) in found, line
            dkim = {GOOD: "pass", GONE: "temperror", NOTHING: "permerror"}
            if len(found) == 1:
                assert line["dkim"] == dkim[next(iter(found))] + "/victim.example"
            assert outcome.action == "accept"
            assert int(line["dns_ms"]) <= budget_ms + 200
            assert len(queries) <= 60, len(queries)
            assert daemon.status("Threads") <= 12
        finally:
            daemon.kill()


def test_dns01_silence_with_the_default_budget_and_tempfail(tmp_path):
    """The default: 5 s a message; fail = "tempfail" defers instead of accepting."""
    milter_client.require_program("postern-milter")
    with FaultyDns(tmp_path, fault_zone(), "silent") as dns:
        settings = {"mode": "enforce", "dns": {"servers": [dns.address]},
                    "dmarc": {"fail": "tempfail"}}  # fmt: skip
        daemon = Daemon(tmp_path / "m", settings, unix=True).start()
        daemon.dns = dns
        try:
            mail = Mail(message(b"a@victim.example"), mail_from=b"a@victim.example")
            outcome, line, _ = judge(daemon, mail, seconds=6)
            assert outcome.action == "defer"
            assert outcome.text == "451 4.7.1 DMARC cannot be evaluated now, try again later"
            assert (line["dmarc"], line["reason"]) == ("temperror", "dmarc=temperror")
        finally:
            daemon.kill()
