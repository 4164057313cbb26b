"""The Sieve extension vnd.postern.verdict in a real Dovecot: what scripts see, and what they report."""

import pytest
from support import dovecot, ports, training
from support.training import ALICE, BOB, JUNK, TrainingHost, message
from test_dovecot_train import require_training_host

RECEIVED = b"Received: from mail.author.example (unknown [1.2.3.4]) by mx.example.org with ESMTP id 4F\r\n"
VERDICT = (
    b"X-Postern-Verdict: action=tag; observed=hold; spf=softfail; dkim=pass; arc=none; dmarc=fail;\r\n"
    b'\treason="dmarc=fail; spf=pass"; score=12.5; spam=yes; virus="Eicar-Test; Signature";\r\n'
    b"\tsymbol=FREEMAIL_FROM; symbol=URI_SHORT\r\n"
)
NEEDED = '"vnd.postern.verdict", "fileinto", "relational", "comparator-i;ascii-numeric", "regex", "variables"'


@pytest.fixture(scope="module")
def host():
    require_training_host()
    if not training.sieve_plugin().exists():
        pytest.skip(f"not built, since there was no dovecot-dev: {training.sieve_plugin()}")
    with TrainingHost() as running:
        yield running


def filed(host, script, header=VERDICT + RECEIVED, user=ALICE):
    """Whether a message with this at its top ends up in Archive by this script of a user."""
    number = f"s{next(training.numbers)}"
    training.write_script(host, user, f"require [{NEEDED}];\n{script}\n")
    host.deliver(header + message(number), user)

    def where():
        with host.client(user) as client:
            return next((box for box in ("Archive", "INBOX") if client.find(box, number)), None)

    return ports.wait_until(where, lambda: host.dovecot.log()[-2000:]) == "Archive"


def when(words):
    return f'if postern_verdict {words} {{ fileinto "Archive"; }}'


HOLDS = [
    '"action" "tag"', '"spam" "yes"', '"spf" "softfail"', '"dkim" "pass"', '"dmarc" "fail"', '"arc" "none"',
    ':is "virus" "Eicar-Test; Signature"', '"symbol" "URI_SHORT"', '"symbol" ["NO", "FREEMAIL_FROM"]',
    '"symbol" "freemail_from"', ':contains "virus" "eicar"', ':matches "virus" "Eicar-*"',
    ':matches "symbol" "?RI_*"', ':regex "symbol" "^URI_(SHORT|LONG)$"', ':is "score" "12.5"',
    ':value "ge" :comparator "i;ascii-numeric" "score" "12"',
    ':value "lt" :comparator "i;ascii-numeric" "score" "13"',
    ':count "eq" :comparator "i;ascii-numeric" "symbol" "2"',
    ':count "eq" :comparator "i;ascii-numeric" "virus" "1"',
    ':comparator "i;octet" "symbol" "URI_SHORT"',
]  # fmt: skip
HOLDS_NOT = [
    '"action" "accept"', '"spf" "pass"', '"dmarc" "pass"', '"symbol" "URI"',
    ':comparator "i;octet" "symbol" "uri_short"',
    ':value "gt" :comparator "i;ascii-numeric" "score" "12"',
    ':count "gt" :comparator "i;ascii-numeric" "symbol" "2"',
]  # fmt: skip


@pytest.mark.parametrize("words", HOLDS)
def test_what_holds(host, words):
    assert filed(host, when(words))


@pytest.mark.parametrize("words", HOLDS_NOT)
def test_what_does_not_hold(host, words):
    assert not filed(host, when(words))


def test_all_comparators_and_match_types_at_once(host):
    """One script with every test, so that none depends on being the only one."""
    all_hold = ", ".join(f"postern_verdict {words}" for words in HOLDS)
    none_holds = ", ".join(f"not postern_verdict {words}" for words in HOLDS_NOT)
    assert filed(host, f'if allof ({all_hold}, {none_holds}) {{ fileinto "Archive"; }}')


def test_values_of_variables(host):
    script = 'set "what" "symbol"; if postern_verdict :matches "${what}" "URI_*" {\n'
    script += '  if string "${1}" "SHORT" { fileinto "Archive"; }\n}'
    assert filed(host, script)
    assert not filed(host, 'set "what" "nothing"; ' + when('"${what}" "tag"'))


def test_nothing_is_known_of_what_was_not_looked_for(host):
    header = b"X-Postern-Verdict: action=accept\r\n" + RECEIVED
    assert not filed(host, when(':matches "spam" "*"'), header)
    assert filed(host, when(':count "eq" :comparator "i;ascii-numeric" "symbol" "0"'), header)


def test_a_negative_score_is_below_all(host):
    header = b"X-Postern-Verdict: action=accept; score=-7.5\r\n" + RECEIVED
    assert not filed(host, when(':value "ge" :comparator "i;ascii-numeric" "score" "1"'), header)
    assert filed(host, when(':value "eq" :comparator "i;ascii-numeric" "score" "0"'), header)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        RECEIVED,
        RECEIVED + VERDICT,
        RECEIVED + b"Received: from mx by host with LMTP id 1\r\n" + VERDICT + RECEIVED,
        VERDICT,
        b"X-Postern-Verdict: action=accept\r\n" + VERDICT + RECEIVED,
        b'X-Postern-Verdict: action=accept; reason="x; action=tag"\r\n' + RECEIVED,
    ],
    ids=["none", "no-verdict", "below", "below-forged-lmtp", "no-mta", "two", "within-quotes"],
)
def test_forged_fields_are_ignored(host, header):
    assert not filed(host, when('"action" "tag"'), header)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('if postern_verdict "action" { keep; }', "requires 2 positional argument(s), but 1 is/are specified"),
        ('if postern_verdict "colour" "red" { keep; }', "knows no aspect 'colour'; there are action, score,"),
        ('if postern_verdict ["action", "spf"] "x" { keep; }', "expects a string as argument 1 (aspect)"),
        ('postern_report "junk";', "reports \"spam\" or \"ham\", not 'junk'"),
        ("postern_report;", "requires 1 positional argument(s), but 0 is/are specified"),
        ('postern_verdict "action" "tag";', "attempted to use test 'postern_verdict' as command"),
    ],
)
def test_a_broken_script_gives_a_clear_error(host, script, error):
    path = host.directory / "broken.sieve"
    path.write_text(f"require [{NEEDED}];\n{script}\n")
    with pytest.raises(RuntimeError) as caught:
        host.dovecot.tool("sievec", path, host.directory / "broken.svbin")
    assert error in str(caught.value) and "broken: line 2" in str(caught.value)


def test_a_broken_script_of_a_user_delivers(host):
    assert not filed(host, 'if postern_verdict "colour" "red" { fileinto "Archive"; }')
    assert "Panic" not in host.dovecot.log() and "signal" not in host.dovecot.log()


def test_sievec_dump_and_sieve_test(host):
    """The tools of Pigeonhole know the extension: compile, dump, and try a script on a message."""
    script = host.directory / "tools.sieve"
    script.write_text(f"require [{NEEDED}];\n" + when('"action" "tag"') + '\npostern_report "spam";\n')
    binary = host.directory / "tools.svbin"
    host.dovecot.tool("sievec", script, binary)
    dump = host.dovecot.tool("sieve-dump", binary)
    assert "POSTERN_VERDICT" in dump and "POSTERN_REPORT" in dump
    mail = host.directory / "tools.eml"
    mail.write_bytes((VERDICT + RECEIVED + message("t1")).replace(b"\r\n", b"\n"))
    tried = host.dovecot.tool("sieve-test", script, mail)
    assert "store message in folder: Archive" in tried
    assert "report the message to Postern as spam" in tried


def test_reports_teach_and_do_not_touch_the_message(host):
    before = len(host.learner.learned())
    assert filed(host, 'postern_report "spam"; fileinto "Archive";')
    assert not filed(host, 'postern_report "ham";')  # implicit keep
    assert filed(host, 'set "k" "SPAM"; postern_report "${k}"; fileinto "Archive";', user=BOB)
    assert [lesson[:3] for lesson in host.wait_for(before + 3)[before:]] == [
        (ALICE, "spam", "sieve"), (ALICE, "ham", "sieve"), (BOB, "spam", "sieve")]  # fmt: skip
    assert host.learner.events("training-refused") == []


def test_the_local_delivery_agent(host):
    """dovecot-lda runs the same scripts; it is a process of its own for each message."""
    before = len(host.learner.learned())
    number = f"s{next(training.numbers)}"
    script = f'require [{NEEDED}];\npostern_report "ham";\n' + when('"action" "tag"')
    training.write_script(host, ALICE, script)
    host.dovecot.tool("/usr/lib/dovecot/dovecot-lda", "-d", ALICE, "-f", "ann@author.example",
                      input=VERDICT + RECEIVED + message(number))  # fmt: skip
    with host.client() as client:
        assert client.find("Archive", number)
    assert host.wait_for(before + 1)[before][:3] == (ALICE, "ham", "sieve")


def test_a_report_without_a_learner_waits_in_the_spool(host):
    before = len(host.learner.learned())
    host.learner.kill()
    assert filed(host, 'postern_report "spam"; fileinto "Archive";')
    assert len(host.learner.spooled()) == 1
    host.learner.start()
    host.wait_for(before + 1)
    ports.wait_until(lambda: not host.learner.spooled(), "the spool is not empty")


def test_an_unknown_word_at_run_time_is_an_error_of_the_script(host):
    assert not filed(host, 'set "k" "junk"; fileinto "Archive"; postern_report "${k}";')
    path = training.write_script(host, ALICE, "keep;").with_name(".dovecot.sieve.log")
    assert "'junk' is neither \"spam\" nor \"ham\"" in path.read_text()
    path.unlink()


def test_imapsieve_reports_what_is_copied(host):
    """The stock way without our mail plugin; learned once, since the message is the same."""
    script = host.directory / "imapsieve.sieve"
    script.write_text('require ["vnd.postern.verdict"];\npostern_report "spam";\n')
    config = IMAPSIEVE_24 if dovecot.version() >= (2, 4) else IMAPSIEVE_23
    with TrainingHost(extra23=config, extra24=config) as other:
        (other.directory / "imapsieve.sieve").write_text(script.read_text())
        other.dovecot.tool("sievec", other.directory / "imapsieve.sieve")
        with other.client() as client:
            client.append("INBOX", message("is1"))
            client.copy("INBOX", JUNK)
        lessons = other.wait_for(2)
        assert sorted(lesson[2] for lesson in lessons) == ["copy", "sieve"]
        # Either may come first; the other then has nothing new to say.
        assert sorted(lesson[-1] == "learned" for lesson in lessons) == [False, True]
        assert other.errors() == []


IMAPSIEVE_23 = """
protocol imap {
  mail_plugins = $mail_plugins imap_sieve
}
plugin {
  sieve_plugins = sieve_postern sieve_imapsieve
  imapsieve_mailbox1_name = Spamverdacht
  imapsieve_mailbox1_causes = COPY APPEND
  imapsieve_mailbox1_before = file:{directory}/imapsieve.sieve
}
"""
IMAPSIEVE_24 = """
protocol imap {
  mail_plugins {
    imap_sieve = yes
  }
}
sieve_plugins {
  sieve_postern = yes
  sieve_imapsieve = yes
}
mailbox Spamverdacht {
  sieve_script junk {
    type = before
    cause = copy append
    driver = file
    path = {directory}/imapsieve.sieve
  }
}
"""
