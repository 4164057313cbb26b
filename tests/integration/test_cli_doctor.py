"""`postern doctor` on a private mail host: healthy first, then with one thing broken at a time."""

import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

import conftest
import milter_client
from support import mailhost, ports, programs, tls

DOMAIN = "example.org"
HOST = "mx.example.org"
ADDRESS = "192.0.2.25"
REVERSE = "25.2.0.192.in-addr.arpa"
PROBE_SECONDS = "3"


def postern(*words):
    command = [str(milter_client.require_program("postern")), *[str(word) for word in words]]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, text=True)
    return done.returncode, done.stdout, done.stderr


SINGLE = {"--config", "--keys", "--state", "--timeout", "--smtp"}  # options given once at most


def replaced(arguments, words):
    """Arguments and then words; an option that both have is taken from words."""
    kept = []
    for at, word in enumerate(arguments):
        option = arguments[at - 1] if at > 0 and arguments[at - 1] in SINGLE else word
        if not (option in SINGLE and option in words):
            kept.append(word)
    return [*kept, *words]


def healthy_zone(key_records):
    """What DNS answers while all is well; owner -> type -> records."""
    zone = {
        DOMAIN: {"MX": [[10, HOST]], "TXT": [f"v=spf1 ip4:{ADDRESS} ~all"]},
        HOST: {"A": [ADDRESS], "TXT": ["v=spf1 a -all"]},
        REVERSE: {"PTR": [HOST]},
        f"_dmarc.{DOMAIN}": {"TXT": [f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{DOMAIN}"]},
        f"_smtp._tls.{DOMAIN}": {"TXT": [f"v=TLSRPTv1; rua=mailto:postmaster@{DOMAIN}"]},
        "2.0.0.127.zen.spamhaus.org": {"A": ["127.0.0.2", "127.0.0.4"]},
    }
    zone.update({name: {"TXT": [text]} for name, text in key_records.items()})
    return zone


def make_old(main_cf):
    """Postfix's commands wait up to two seconds before they read a file that is newer."""
    past = time.time() - 60
    os.utime(main_cf, (past, past))


@dataclasses.dataclass
class Bench:
    """A private host, its keys and zone, and the way to examine it."""

    host: mailhost.MailHost
    folder: object  # of this test: zone, certificate
    keys: object
    zone: dict

    def arguments(self):
        zone_file = self.folder / "zone.json"
        zone_file.write_text(json.dumps(self.zone))
        return ["--config", self.host.milter.config_path, "--keys", self.keys,
                "--postfix-config", self.host.postfix.config_directory,
                "--dovecot-config", self.folder / "no-dovecot.conf",
                "--zone", zone_file, "--ip", ADDRESS, "--offline", "--timeout", PROBE_SECONDS,
                "--state", self.folder / "doctor.json"]  # fmt: skip

    def examine(self, *words):
        """(exit status, findings) of a run with --json; the sandbox's clock and resolver are not ours."""
        arguments = [*self.arguments(), "--skip", "clock", "--skip", "resolver", "--json"]
        status, out, err = postern("doctor", *replaced(arguments, words))
        assert err == "" and out.count("\n") == 1, err
        return status, json.loads(out)["findings"]

    def worst(self, *words):
        """Findings that are warnings or errors, and the exit status."""
        status, findings = self.examine(*words)
        return status, [f for f in findings if f["severity"] in ("warning", "error")]

    def set_postfix(self, **settings):
        command = ["/usr/sbin/postconf", "-c", str(self.host.postfix.config_directory)]
        removed = [name for name, value in settings.items() if value is None]
        changed = [f"{name}={value}" for name, value in settings.items() if value is not None]
        if removed:
            programs.run([*command, "-X", *removed])
        if changed:
            programs.run([*command, "-e", *changed])
        make_old(self.host.postfix.config_directory / "main.cf")


@pytest.fixture(scope="module")
def running():
    """One host for the module; tests change main.cf and change it back."""
    conftest.require_mail_host()
    with mailhost.MailHost({}, {"mode": "enforce"}, sink=True) as host:
        yield host


@pytest.fixture
def bench(running, tmp_path):
    keys = tmp_path / "dkim"
    status, _, err = postern("dkim", "create", DOMAIN, "--active", "--keys", keys)
    assert status == 0, err
    plan = json.loads(postern("dns", DOMAIN, "--host", HOST, "--ip", ADDRESS, "--keys", keys,
                              "--json")[1])  # fmt: skip
    key_records = {r["name"]: r["value"] for r in plan["records"] if "._domainkey." in r["name"]}
    assert len(key_records) == 2
    main_cf = running.postfix.config_directory / "main.cf"
    before = main_cf.read_text()
    key, certificate = tls.write_certificate(tmp_path, HOST)
    made = Bench(running, tmp_path, keys, healthy_zone(key_records))
    made.set_postfix(smtpd_tls_chain_files=f"{key}, {certificate}")
    yield made
    main_cf.write_text(before)
    make_old(main_cf)


def key_name(bench):
    return next(name for name in bench.zone if "._domainkey." in name)


def test_a_healthy_host_has_no_warning(bench):
    status, findings = bench.examine()
    bad = [f for f in findings if f["severity"] in ("warning", "error")]
    assert (status, bad) == (0, [])
    skipped = {f["name"]: f["text"] for f in findings if f["severity"] == "skipped"}
    assert set(skipped) == {"srv", "port25", "dns-lists", "dnssec",  # what a sandbox cannot have
                            "scanner", "rules",  # antivirus and antispam are off
                            "certificate"}  # there is no such configuration of Dovecot
    assert all(skipped.values())
    ok = {f["name"] for f in findings if f["severity"] == "ok"}
    assert ok == {"config", "host", "reverse", "mx", "spf", "dkim", "dmarc", "tls-rpt", "milter",
                  "policy", "postfix", "keys", "certificate", "disk"}  # fmt: skip


def test_the_text_has_one_line_per_finding_and_a_remedy_below(bench):
    bench.zone[DOMAIN]["TXT"] = []
    arguments = [*bench.arguments(), "--only", "spf", "--only", "mx"]
    status, out, err = postern("doctor", *arguments)
    assert (status, err) == (2, "")
    assert out.splitlines() == [
        f"ok       mx   {DOMAIN}: its mail is delivered to this host",
        f"ERROR    spf  {DOMAIN}: has no SPF record",
        f'              -> publish: {DOMAIN}. 3600 IN TXT "v=spf1 ip4:{ADDRESS} ~all"',
        f"ok       spf  {HOST}: {ADDRESS} may say HELO with it (a)",
        "1 error, 2 ok",
    ]


# name -> (what is broken, check, severity, part of the text, part of the remedy)
def wrong_spf(bench):
    bench.zone[DOMAIN]["TXT"] = ["v=spf1 ip4:198.51.100.1 -all"]


def no_dkim_record(bench):
    del bench.zone[key_name(bench)]


def truncated_dkim_record(bench):
    bench.zone[key_name(bench)]["TXT"][0] = bench.zone[key_name(bench)]["TXT"][0][:-12]


def other_ptr(bench):
    bench.zone[REVERSE]["PTR"] = ["static.provider.example"]


def no_ptr(bench):
    del bench.zone[REVERSE]


def no_dmarc(bench):
    del bench.zone[f"_dmarc.{DOMAIN}"]


def other_mx(bench):
    bench.zone[DOMAIN]["MX"] = [[10, "mx.example.net"]]


def open_key(bench):
    next(bench.keys.glob("*/*.pem")).chmod(0o644)


def damaged_key(bench):
    next(bench.keys.glob("*/*.pem")).write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n")


def other_certificate(bench):
    folder = bench.folder / "other"
    folder.mkdir()
    key, certificate = tls.write_certificate(folder, "www.example.org")
    bench.set_postfix(smtpd_tls_chain_files=f"{key}, {certificate}")


def no_certificate_file(bench):
    bench.set_postfix(smtpd_tls_chain_files=f"{bench.folder}/gone.pem")


# 2.4 wants its version first; 2.3 does not know those settings.
DOVECOT = "" if not shutil.which("doveconf") else (
    "protocols = imap\n" if subprocess.run(["dovecot", "--version"], capture_output=True,
                                           check=False).stdout.startswith(b"2.3")
    else "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nprotocols = imap\n"
)  # fmt: skip


def accepting(bench):
    bench.set_postfix(milter_default_action="accept")


def accepting_in_braces(bench):
    entry = f"{{ {bench.host.milter.address}, default_action=accept }}"
    bench.set_postfix(smtpd_milters=entry, non_smtpd_milters="$smtpd_milters")


def impatient_in_braces(bench):
    entry = f"{{ {bench.host.milter.address}, content_timeout=1s }}"
    bench.set_postfix(smtpd_milters=entry, non_smtpd_milters="$smtpd_milters")


def tls_is_off(bench):
    bench.set_postfix(smtpd_tls_security_level="none")


def dovecot_without_certificate(bench):
    (bench.folder / "no-dovecot.conf").write_text(DOVECOT + "ssl = yes\n")


def dovecot_without_tls(bench):
    (bench.folder / "no-dovecot.conf").write_text(DOVECOT + "ssl = no\n")


def open_relay(bench):
    bench.set_postfix(mynetworks="0.0.0.0/0")


def twice(bench):
    bench.set_postfix(smtpd_milters=f"{bench.host.milter.address}, {bench.host.milter.address}")


def not_there(bench):
    bench.set_postfix(smtpd_milters="")


def dead_milter(bench):
    address = f"inet:127.0.0.1:{ports.free_port()}"
    bench.set_postfix(smtpd_milters=f"{bench.host.milter.address}, {address}")


def dead_policy(bench):
    bench.set_postfix(smtpd_recipient_restrictions="check_policy_service unix:private/policy")


BROKEN = {
    "wrong SPF": (wrong_spf, "spf", 2, "does not allow " + ADDRESS, f"ip4:{ADDRESS}"),
    "no DKIM record": (no_dkim_record, "dkim", 2, "does not exist", "postern dkim show"),
    "truncated DKIM record": (truncated_dkim_record, "dkim", 2, "cut short", "postern dkim show"),
    "wrong PTR": (other_ptr, "reverse", 2, "does not have this address", HOST),
    "no PTR": (no_ptr, "reverse", 2, "has no reverse name", HOST),
    "no DMARC": (no_dmarc, "dmarc", 1, "no DMARC record", "v=DMARC1; p=none"),
    "mail goes elsewhere": (other_mx, "mx", 2, "not to this host", f"MX 10 {HOST}."),
    "key file 0644": (open_key, "keys", 2, "others", "chmod 600 "),
    "damaged key": (damaged_key, "keys", 2, "", "postern dkim"),
    "certificate of another host": (other_certificate, "certificate", 1, f"does not name {HOST}",
                                    HOST),
    "no certificate file": (no_certificate_file, "certificate", 2, "no such file", f"certbot certonly -d {HOST}"),
    "default action accept": (accepting, "postfix", 1, "unjudged", "milter_default_action=tempfail"),
    "accept in braces": (accepting_in_braces, "postfix", 1, "unjudged",
                         ", default_action=tempfail }"),
    "content_timeout in braces": (impatient_in_braces, "postfix", 1, "gives up on Postern",
                                  ", content_timeout="),
    "TLS is off": (tls_is_off, "certificate", 1, "does not offer TLS",
                   "smtpd_tls_security_level=may"),
    "no certificate in Dovecot": (dovecot_without_certificate, "certificate", 2,
                                  "has no certificate (ssl_", f"live/{HOST}/fullchain.pem"),
    "no TLS in Dovecot": (dovecot_without_tls, "certificate", 1, "in clear", "ssl = required"),
    "open relay": (open_relay, "postfix", 2, "0.0.0.0/0", "mynetworks="),
    "milter twice": (twice, "postfix", 1, "2 times", "smtpd_milters="),
    "milter not there": (not_there, "postfix", 1, "neither judged nor signed", "smtpd_milters=inet:"),
    "milter down": (dead_milter, "milter", 2, "connection refused", "systemctl"),
    "policy server down": (dead_policy, "policy", 2, "no such file", "policy server"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_one_thing_broken_gives_its_finding(bench, name):
    break_it, check, status, text, remedy = BROKEN[name]
    break_it(bench)
    found_status, findings = bench.worst()
    assert found_status == status, findings
    assert {f["name"] for f in findings} == {check}, findings
    assert any(text in f["text"] and remedy in f["remedy"] for f in findings), findings
    assert {f["severity"] for f in findings} == {{1: "warning", 2: "error"}[status]}


def test_a_certificate_of_dovecot_is_read_under_the_name_of_its_version(bench):
    folder = bench.folder / "dovecot"
    folder.mkdir()
    key, certificate = tls.write_certificate(folder, "imap.example.org")
    names = (f"ssl_cert = <{certificate}\nssl_key = <{key}\n" if "2.4" not in DOVECOT else
             f"ssl_server_cert_file = {certificate}\nssl_server_key_file = {key}\n")  # fmt: skip
    (bench.folder / "no-dovecot.conf").write_text(DOVECOT + "ssl = yes\n" + names)
    _, findings = bench.examine("--only", "certificate")
    (text,) = [f["text"] for f in findings if "Dovecot" in f["text"]]
    setting = names.partition(" ")[0]
    assert text == f"certificate does not name {HOST} ({setting} of Dovecot)"


def test_smuggling_is_told_where_postfix_can_forbid_it(bench):
    known = programs.run(["/usr/sbin/postconf", "-d", "smtpd_forbid_bare_newline"])
    if "unknown parameter" in known:
        pytest.skip("this Postfix does not know smtpd_forbid_bare_newline")
    bench.set_postfix(smtpd_forbid_bare_newline="no")
    status, (finding,) = bench.worst()
    assert (status, finding["subject"]) == (1, "smtpd_forbid_bare_newline")
    assert "smtpd_forbid_bare_newline=normalize" in finding["remedy"]


def test_an_expiring_certificate_is_a_warning_and_an_expired_one_an_error(bench):
    now = int(time.time())
    for days, status, text in ((15, 0, None), (20, 1, "expires soon"), (31, 2, "has expired")):
        found, findings = bench.worst("--time", now + days * 86400)
        assert found == status, findings
        assert [f["name"] for f in findings] == (["certificate"] if text else [])
        assert not text or text in findings[0]["text"]


def test_a_missing_default_action_is_said_with_what_postfix_takes(bench):
    bench.set_postfix(milter_default_action=None)
    status, findings = bench.examine("--only", "postfix")
    (finding,) = [f for f in findings if f["subject"] == "milter_default_action"]
    assert (status, finding["severity"]) == (0, "info")
    assert re.search(r"is not set; this Postfix takes (tempfail|shutdown)", finding["text"])
    assert "milter_default_action=tempfail" in finding["remedy"]


def test_while_postern_observes_accept_is_no_complaint(bench, tmp_path):
    accepting_in_braces(bench)
    observing = tmp_path / "observe.toml"
    text = bench.host.milter.config_path.read_text()
    observing.write_text(text.replace('mode = "enforce"', 'mode = "observe"'))
    assert observing.read_text() != text
    status, findings = bench.examine("--only", "postfix", "--config", observing)
    (finding,) = [f for f in findings if f["subject"] == "smtpd_milters default_action"]
    assert (status, finding["severity"]) == (0, "info")
    assert 'mode = "enforce"' in finding["remedy"]


def test_advice_names_the_socket_as_readme_does(bench, tmp_path):
    queue = programs.run(["/usr/sbin/postconf", "-c", str(bench.host.postfix.config_directory),
                          "-h", "queue_directory"]).strip()  # fmt: skip
    config = tmp_path / "p.toml"
    config.write_text(f'[milter]\nsocket = "unix:{queue}/postern/milter.sock"\n')
    bench.set_postfix(smtpd_milters="", non_smtpd_milters="")
    _, findings = bench.examine("--only", "postfix", "--config", config)
    (remedy,) = [f["remedy"] for f in findings if f["subject"] == "smtpd_milters"]
    assert remedy == "postconf -e 'smtpd_milters=unix:postern/milter.sock' && postfix reload"


def test_a_milter_that_accepts_and_says_nothing_is_found_in_time(bench):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bench.set_postfix(smtpd_milters=f"{bench.host.milter.address}, "
                                        f"inet:127.0.0.1:{silent.getsockname()[1]}")  # fmt: skip
        status, findings = bench.worst("--only", "milter", "--timeout", "1")
    assert status == 2 and "no answer in time" in findings[0]["text"]


def test_our_own_configuration_is_checked(bench, tmp_path):
    broken = tmp_path / "postern.toml"
    broken.write_text("mdoe = 1\n")
    status, findings = bench.worst("--config", broken)
    assert status == 2
    (finding,) = [f for f in findings if f["name"] == "config"]
    assert f"{broken}:1" in finding["text"] and "mdoe" in finding["text"]


def test_pending_keys_and_domains_without_keys(bench):
    status, findings = bench.worst("--only", "dkim", DOMAIN, "other.example")
    assert status == 1
    (finding,) = findings
    assert (finding["subject"], finding["remedy"]) == (
        "other.example", "postern dkim create other.example")  # fmt: skip


def test_dns_that_fails_is_no_complaint_but_said(bench):
    for owner in (DOMAIN, REVERSE, f"_dmarc.{DOMAIN}", key_name(bench)):
        bench.zone[owner] = {"TIMEOUT": True}
    status, findings = bench.examine("--only", "spf", "--only", "mx", "--only", "reverse",
                                     "--only", "dmarc", "--only", "dkim")  # fmt: skip
    assert status == 0
    assert {f["name"] for f in findings if f["severity"] == "skipped"} == {
        "spf", "mx", "reverse", "dmarc", "dkim"}  # fmt: skip


def test_changes_prints_only_what_changed(bench):
    arguments = [*bench.arguments(), "--skip", "clock", "--skip", "resolver", "--changes"]
    first = postern("doctor", *arguments)
    assert first[0] == 0 and "skipped" in first[1]  # a first run tells what is not ok
    assert postern("doctor", *arguments) == (0, "", "")
    bench.zone[DOMAIN]["TXT"] = []
    arguments[:len(bench.arguments())] = bench.arguments()
    status, out, _ = postern("doctor", *arguments)
    assert status == 2 and out.startswith("ERROR    spf  ") and out.endswith("1 error\n")
    assert postern("doctor", *arguments) == (0, "", "")
    bench.zone[DOMAIN]["TXT"] = [f"v=spf1 ip4:{ADDRESS} ~all"]
    bench.arguments()
    status, out, _ = postern("doctor", *arguments)
    assert status == 0 and out.startswith("ok       spf  ") and out.endswith("1 ok\n")
    assert (bench.folder / "doctor.json").stat().st_mode & 0o777 == 0o600
    assert not list(bench.folder.glob("doctor.json.*"))


def test_changes_of_one_check_leave_the_others_alone(bench):
    arguments = [*bench.arguments(), "--skip", "clock", "--skip", "resolver", "--changes"]
    postern("doctor", *arguments)
    assert postern("doctor", *arguments, "--only", "spf")[:2] == (0, "")
    assert postern("doctor", *arguments)[:2] == (0, "")


def test_a_damaged_state_file_is_said_and_replaced(bench):
    (bench.folder / "doctor.json").write_text("{")
    arguments = [*bench.arguments(), "--only", "postfix", "--changes"]
    status, _, err = postern("doctor", *arguments)
    assert status == 0 and "everything counts as new" in err
    assert postern("doctor", *arguments) == (0, "", "")


def test_list_names_every_check():
    status, out, _ = postern("doctor", "--list")
    names = [line.split()[0] for line in out.splitlines()]
    assert status == 0 and {"spf", "dkim", "milter", "postfix", "certificate"} <= set(names)
    assert len(names) == len(set(names))
    assert [c["name"] for c in json.loads(postern("doctor", "--list", "--json")[1])] == names


MISTAKES = {
    "unknown check": (["--only", "nonsense"], "nonsense"),
    "bad address": (["--ip", "1.2.3"], "--ip"),
    "bad domain": (["a b"], "a b"),
    "live without address": (["--live"], "--to"),
    "state that cannot be written": (["--changes", "--state", "/nonexistent/x"], "/nonexistent/x"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_run_has_an_exit_status_of_its_own(bench, mistake):
    words, part = MISTAKES[mistake]
    status, out, err = postern("doctor", *replaced(bench.arguments(), words))
    assert (status, out) == (3, "") and part in err and err.startswith("postern: ")
