"""Cases AR-01 to AR-05: results that lie, through a real Postfix."""

import time

import pytest

from support import authres, mailhost, message, scenario

MALLORY = "Mallory <m@attack.example>"


def forged(identifier, rest="dkim=pass header.d=author.example; dmarc=pass"):
    return f"Authentication-Results: {identifier}; {rest}\r\n".encode()


def deliver(host, extra, **build):
    """Sends a message of attack.example with these fields above From; the delivered message."""
    raw = message.build(MALLORY, extra=extra, **build)
    outcome = host.deliver(raw, "m@attack.example", scenario.ATTACKER_IP, helo="attack.example")
    assert outcome.place == "inbox", outcome
    return outcome


def identifiers(raw):
    """authserv-ids of all results, top first."""
    return [authres.parse_results(v)[0] for v in authres.values_of(raw, "Authentication-Results")]


def test_forged_between_foreign_ones(host, daemon_alive):
    """AR-01: deleting by a rising index would leave two of the four."""
    ours, others = mailhost.AUTHSERV_ID, ["other.example", "third.example", "last.example"]
    order = [others[0], ours, ours, others[1], ours, ours, others[2]]
    raw = deliver(host, b"".join(forged(i) for i in order)).raw
    assert identifiers(raw) == [ours] + others
    assert authres.Results(raw, ours).of("dmarc") == "none"


# AR-02: the identifier is an ADMD's name, compared without case, and quoting is another spelling.
SPELLINGS = {
    "upper case": forged(mailhost.AUTHSERV_ID.upper()),
    "with a version": forged(mailhost.AUTHSERV_ID + " 1"),
    "quoted": forged(f'"{mailhost.AUTHSERV_ID}"'),
    "after a comment": forged(f"(trust me) {mailhost.AUTHSERV_ID}"),
    "folded before it": b"Authentication-Results:\r\n " + mailhost.AUTHSERV_ID.encode()
                        + b"; dmarc=pass\r\n",
    "without a blank": b"Authentication-Results:" + mailhost.AUTHSERV_ID.encode()
                       + b"; dmarc=pass\r\n",
    "other case of the name": b"AUTHENTICATION-results: " + mailhost.AUTHSERV_ID.encode()
                              + b"; dmarc=pass\r\n",
    "blank before the colon": b"Authentication-Results : " + mailhost.AUTHSERV_ID.encode()
                              + b"; dmarc=pass\r\n",
    "no results": f"Authentication-Results: {mailhost.AUTHSERV_ID}; none\r\n".encode(),
    "only the identifier": f"Authentication-Results: {mailhost.AUTHSERV_ID}\r\n".encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_our_name(host, spelling):
    """AR-02."""
    raw = deliver(host, SPELLINGS[spelling]).raw
    assert identifiers(raw) == [mailhost.AUTHSERV_ID], raw
    assert authres.Results(raw, mailhost.AUTHSERV_ID).of("dmarc") == "none"


def test_names_that_only_look_like_ours_stay(host):
    """AR-02, the other side: a name that contains ours is somebody else's."""
    ours = mailhost.AUTHSERV_ID
    names = ["a." + ours, ours + ".example", "x" + ours]
    raw = deliver(host, b"".join(forged(name) for name in names)).raw
    assert identifiers(raw) == [ours] + names


def test_flood(host, daemon_alive):
    """AR-03: five hundred of them, gone within five seconds."""
    begin = time.monotonic()
    raw = deliver(host, forged(mailhost.AUTHSERV_ID) * 500).raw
    assert time.monotonic() - begin < 5
    assert identifiers(raw) == [mailhost.AUTHSERV_ID]


def test_verdict_fields_from_outside(host):
    """AR-04: our own X- fields go; what earlier hops wrote is not used."""
    extra = (
        b"Received-SPF: pass (mx.example.org: domain of author.example) client-ip=192.0.2.66;\r\n"
        b"X-Postern-Verdict: ham\r\nx-postern-score: -99\r\nX-POSTERN-: x\r\n"
        b"X-Posternity: not ours\r\n"
        b"ARC-Authentication-Results: i=1; mx.example.org;\r\n"
        b" dmarc=pass header.from=author.example\r\n"
    )
    raw = deliver(host, extra).raw
    fields = {name.lower() for name, _ in authres.header_fields(raw)}
    assert not fields & {"x-postern-score", "x-postern-"}, fields
    assert "x-posternity" in fields
    assert "ham" not in authres.values_of(raw, "X-Postern-Verdict")
    results = authres.Results(raw, mailhost.AUTHSERV_ID)
    assert results.of("dmarc") == "none" and results.of("arc") != "pass", results


def test_injection_through_a_signature(host):
    """AR-05: nothing after "(" or ";" of d=, s= or i= reaches our own field."""
    extra = (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
        b" d=legit.example(.attack.example; s=s1; i=@x;dmarc=pass; h=From;\r\n"
        b" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
    )
    raw = deliver(host, extra).raw
    results = authres.Results(raw, mailhost.AUTHSERV_ID)
    assert results.of("dkim") in ("permerror", "neutral", "fail"), results
    assert results.of("dmarc") == "none" and len(results.all("dmarc")) == 1, results
    ours = authres.values_of(raw, "Authentication-Results")[0]
    assert "legit.example" not in ours or '"' in ours, ours


@pytest.mark.parametrize("mail_from", [
    b"<\"a;dmarc=pass\"@attack.example>", b"<a'b@attack.example>", b"<\"a(b\"@attack.example>",
    b"<\"a\\\"b\"@attack.example>"])
def test_injection_through_mail_from(host, mail_from):
    """AR-05 for the envelope: odd but legal local parts are quoted, not obeyed."""
    raw = message.build(MALLORY)
    outcome = host.deliver(raw, mail_from, scenario.ATTACKER_IP, helo="attack.example")
    if outcome.reply.rejected:
        assert outcome.reply.stage == "MAIL", outcome.reply  # Postfix itself
        return
    results = outcome.results
    assert results.field_count == 1 and results.of("spf") == "pass", outcome.raw
    assert [item.method for item in results.items].count("dmarc") == 1, outcome.raw
    assert results.of("dmarc") == "none", results
