"""`postern check` as a contract: its JSON, its zones and clock, and three public suites through it.

The suites come from $POSTERN_CONFORMANCE (default ../shared/conformance); without them the tests
are skipped by name.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import milter_client
from support import programs

sys.path.insert(0, str(milter_client.SECURITY))
import signer  # noqa: E402

WORKERS = 3  # processes at a time
ZONE = {
    "attack.example": {"TXT": ["v=spf1 ip4:192.0.2.66 -all"]},
    "_dmarc.attack.example": {"TXT": ["v=DMARC1; p=reject"]},
    "s1._domainkey.attack.example": {
        "TXT": ["v=DKIM1; k=rsa; p=" + signer.public_key_b64(signer.KEYS["attack1024"][0])]
    },
}
SESSION = ["--client-ip", "192.0.2.66", "--helo", "mail.attack.example",
           "--mail-from", "m@attack.example"]  # fmt: skip


def postern(*words, stdin=b""):
    """Runs the command; (exit status, standard output, standard error) as text."""
    command = [str(milter_client.require_program("postern")), *[str(word) for word in words]]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def checked(*words, stdin=b""):
    """The JSON of a check that works: one line, nothing else."""
    status, out, err = postern("check", *words, "--json", stdin=stdin)
    assert (status, err) == (0, ""), (words, err)
    assert out.count("\n") == 1
    return json.loads(out)


@pytest.fixture
def files(tmp_path):
    """A signed message and its zone as files."""
    milter_client.require_program("postern")
    raw = signer.dkim_sign(milter_client.message())
    (tmp_path / "mail.eml").write_bytes(raw)
    (tmp_path / "zone.json").write_text(json.dumps(ZONE))
    return tmp_path


def arguments(files, name="mail.eml"):
    return [files / name, *SESSION, "--zone", files / "zone.json"]


# ------------------------------------------------------------------ the JSON


def test_check_has_every_field_of_the_contract(files):
    verdict = checked(*arguments(files))
    spf = {key: verdict["spf"][key] for key in ("result", "scope", "domain", "explanation", "dns_queries")}
    assert spf == {"result": "pass", "scope": "mfrom", "domain": "attack.example",
                   "explanation": "", "dns_queries": 1}  # fmt: skip
    assert verdict["spf_helo"]["result"] == "none" and verdict["spf_helo"]["scope"] == "helo"
    (signature,) = verdict["dkim"]
    expected = {"result": "pass", "domain": "attack.example", "selector": "s1",
                "algorithm": "rsa-sha256", "reason": ""}  # fmt: skip
    assert {key: signature[key] for key in expected} == expected
    assert verdict["arc"]["result"] == "none"
    dmarc = {"result": "pass", "policy": "reject", "author_domain": "attack.example",
             "organizational_domain": "attack.example", "policy_domain": "attack.example",
             "aligned": {"spf": True, "dkim": True}}  # fmt: skip
    assert {key: verdict["dmarc"][key] for key in dmarc} == dmarc
    assert (verdict["action"], verdict["reply"]) == ("accept", "")
    assert [header.partition(":")[0] for header in verdict["headers"]] == [
        "Authentication-Results", "X-Postern-Verdict"]  # fmt: skip
    value = verdict["headers"][0].partition(": ")[2]
    _, statements = milter_client.read_results(value)
    assert [s.method for s in statements] == ["spf", "dkim", "arc", "dmarc"]


@pytest.mark.parametrize("mode, action", [("enforce", "reject"), ("observe", "accept")])
def test_check_says_what_would_happen_to_a_forgery(files, mode, action):
    words = [files / "mail.eml", "--client-ip", "192.0.2.1", "--helo", "x.example", "--mail-from",
             "m@attack.example", "--zone", files / "zone.json", "--mode", mode]  # fmt: skip
    raw = (files / "mail.eml").read_bytes().replace(b"Hello", b"Jello")
    (files / "mail.eml").write_bytes(raw)
    verdict = checked(*words)
    assert (verdict["action"], verdict["wanted"]) == (action, "reject")
    reply = "550 5.7.1 Rejected by the DMARC policy of attack.example"
    assert verdict["reply"] == (reply if action == "reject" else "")
    assert [verdict["dkim"][0]["result"], verdict["dmarc"]["result"]] == ["fail", "fail"]


def test_check_spf_and_dmarc_alone(files):
    both = checked("spf", *SESSION, "--zone", files / "zone.json")
    assert set(both) == {"spf", "spf_helo", "configuration"} and both["spf"]["result"] == "pass"
    words = ["--author-domain", "attack.example", "--zone", files / "zone.json"]
    assert checked("dmarc", *words)["dmarc"]["result"] == "fail"
    aligned = checked("dmarc", *words, "--spf-pass", "a.attack.example")["dmarc"]
    assert (aligned["result"], aligned["aligned"]) == ("pass", {"spf": True, "dkim": False})
    aligned = checked("dmarc", *words, "--dkim-pass", "x.example", "--dkim-pass", "attack.example")
    assert aligned["dmarc"]["aligned"] == {"spf": False, "dkim": True}


def test_the_text_output_says_the_same(files):
    status, out, _ = postern("check", *arguments(files))
    assert status == 0
    for line in (r"SPF +pass for attack\.example, by ip4:192\.0\.2\.66", r"SPF HELO +none.*",
                 r"DKIM +pass for attack\.example, selector s1, rsa-sha256", r"ARC +none",
                 r"DMARC +pass for attack\.example, policy reject of attack\.example",
                 r"action +accept"):  # fmt: skip
        assert re.search(f"^{line}$", out, re.M), (line, out)


@pytest.mark.parametrize("form", ["CRLF", "LF", "- CRLF", "- LF"])
def test_the_form_of_the_file_changes_nothing(files, form):
    raw = (files / "mail.eml").read_bytes()
    if form.endswith(" LF") or form == "LF":
        raw = raw.replace(b"\r\n", b"\n")
    (files / "other.eml").write_bytes(raw)
    words = arguments(files, "other.eml")
    if form.startswith("-"):
        words[0] = "-"
    assert checked(*words, stdin=raw) == checked(*arguments(files))


@pytest.mark.parametrize("moment, result", [(1700000000, "pass"), (1699999000, "policy"),
                                            (1700000600, "pass"), (1700001001, "fail")])  # fmt: skip
def test_time_is_the_clock_of_the_check(files, moment, result):
    raw = signer.dkim_sign(milter_client.message(), extra=" t=1700000000; x=1700001000;")
    (files / "mail.eml").write_bytes(raw)
    assert checked(*arguments(files), "--time", moment)["dkim"][0]["result"] == result


FAILING = {
    "owner SERVFAIL": ({"SERVFAIL": True}, "temperror"),
    "owner TIMEOUT": ({"TIMEOUT": True}, "temperror"),
    "type SERVFAIL": ({"TXT": "SERVFAIL"}, "temperror"),
    "type TIMEOUT": ({"TXT": "TIMEOUT"}, "temperror"),
    "other type": ({"A": "TIMEOUT"}, "none"),
    "listed type": ({"TXT": ["v=spf1 +all"], "TIMEOUT": True}, "pass"),
    "strings to join": ({"TXT": [["v=spf1 ip4:192.0", ".2.66 -all"]]}, "pass"),
    "alias": ({"CNAME": "attack.example"}, "pass"),
    "alias loop": ({"CNAME": "zone.example"}, "temperror"),
}


@pytest.mark.parametrize("failure", FAILING)
def test_zone_answers_as_dns_would(files, failure):
    records, result = FAILING[failure]
    (files / "zone.json").write_text(json.dumps({**ZONE, "Zone.Example.": records}))
    words = ["--client-ip", "192.0.2.66", "--helo", "h.example", "--mail-from", "a@zone.example"]
    verdict = checked("spf", *words, "--zone", files / "zone.json")
    assert verdict["spf"]["result"] == result, verdict


# ------------------------------------------------------------------ mistakes

MISTAKES = {
    "missing file": (["/nowhere.eml", *SESSION], "/nowhere.eml: No such file or directory"),
    "directory": (["/", *SESSION], "/: Is a directory"),
    "bad IP": (["{mail}", "--client-ip", "1.2.3", "--helo", "x"], '--client-ip: "1.2.3" is no IP address'),
    "no session": (["{mail}"], "--client-ip and --helo are needed"),
    "no file": ([], 'name a message file, "-" for standard input'),
    "missing zone": (["{mail}", *SESSION, "--zone", "/nowhere.json"], "/nowhere.json: No such file"),
    "broken zone": (["{mail}", *SESSION, "--zone", "{broken}"], "broken.json: "),
    "bad zone record": (["{mail}", *SESSION, "--zone", "{record}"], 'record.json: owner "a.example": '),
    "bad domain": (["dmarc", "--author-domain", "a..b"], '--author-domain: "a..b" is no domain name'),
    "missing config": (["{mail}", *SESSION, "--config", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_clear_line(files, mistake):
    (files / "broken.json").write_text('{"a.example": {"TXT": ["v=spf1 -all"]}')
    (files / "record.json").write_text('{"a.example": {"A": ["192.0.2.300"]}}')
    names = {name: files / f"{name}.json" for name in ("broken", "record")}
    words, message = MISTAKES[mistake]
    words = [str(word).format(mail=files / "mail.eml", **names) for word in words]
    status, out, err = postern("check", *words)
    assert (status, out) == (1, ""), (out, err)
    assert len(err.splitlines()) == 1 and message in err, err
    assert err.startswith("postern: ")


@pytest.mark.parametrize("words, name", [
    (["check", "spf", "--client-ip", "192.0.2.1"], "--helo"),
    (["check", "dmarc"], "--author-domain"),
    (["check", "x", *SESSION, "--time", "noon"], "--time"),
    (["check", "x", *SESSION, "--mode", "block"], "--mode"),
    (["check", "--bogus"], "--bogus"),
    (["chekc"], "subcommand"),
])  # fmt: skip
def test_a_mistake_in_the_options_names_the_option(words, name):
    status, out, err = postern(*words)
    assert status != 0 and out == "" and name in err, (out, err)


def test_hostile_text_is_printed_on_one_line(files):
    """Names with control bytes and a message that is no mail: still one line of valid JSON."""
    (files / "odd.eml").write_bytes(bytes(range(256)) * 20)
    for sender in ("x\x1b[2J@attack.example", 'a"b\\@x.example', "\u202e@x.example", "x" * 5000):
        words = [files / "odd.eml", "--client-ip", "::1", "--helo", "\x07\t\u00e9", "--mail-from", sender,
                 "--zone", files / "zone.json"]  # fmt: skip
        verdict = checked(*words)
        assert verdict["dmarc"]["result"] == "permerror"
        for header in verdict["headers"]:
            assert re.fullmatch(r"[ -~]+", header), header
        status, out, _ = postern("check", *words)
        assert status == 0 and re.fullmatch(r"[ -~\n]+", out), out


# ------------------------------------------------------------------ the public suites


def suite(path):
    file = programs.conformance_directory() / path
    if not file.exists():
        pytest.skip(f"skipped: {path} not found")
    return json.loads(file.read_text())


def run_all(jobs):
    """Each job is the words of one check; their JSON in order, a few processes at a time."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda words: checked(*words), jobs))


def rfc7208_owner(entries):
    """The records of one owner; SPF stands for TXT unless there is TXT too (SOURCE.md)."""
    records, spf, has_txt = {}, [], False
    for entry in entries:
        if isinstance(entry, str):
            records[entry] = True
            continue
        ((kind, value),) = entry.items()
        has_txt = has_txt or kind == "TXT"
        if kind == "SPF":
            spf.append(value)
        elif value == "TIMEOUT" or kind == "CNAME":
            records[kind] = value
        elif value != "NONE":
            records.setdefault(kind, []).append(value)
    if spf and not has_txt:
        records["TXT"] = "TIMEOUT" if "TIMEOUT" in spf else spf
    return records


def test_rfc7208_suite(tmp_path):
    scenarios = suite("spf-rfc7208/rfc7208-tests.json")
    milter_client.require_program("postern")
    jobs, expected = [], []
    for number, scenario in enumerate(scenarios):
        zone = {owner: rfc7208_owner(entries) for owner, entries in scenario["zonedata"].items()}
        for name in re.findall(r"error\.[\w.-]+", json.dumps(scenario)):  # absent: they time out
            if name.lower() not in {owner.lower().rstrip(".") for owner in zone}:
                zone[name] = {"TIMEOUT": True}
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(zone))
        for name, test in scenario["tests"].items():
            jobs.append(["spf", "--client-ip", test["host"], "--helo", test["helo"],
                         "--mail-from", test["mailfrom"], "--zone", path])  # fmt: skip
            expected.append((name, test))
    wrong = []
    for verdict, (name, test) in zip(run_all(jobs), expected):
        results = test["result"] if isinstance(test["result"], list) else [test["result"]]
        text = test.get("explanation", verdict["spf"]["explanation"])
        if verdict["spf"]["result"] != results[0]:
            wrong.append((name, results, verdict["spf"]))
        elif verdict["spf"]["explanation"] != ("" if text == "DEFAULT" else text):
            wrong.append((name, text, verdict["spf"]))
    assert wrong == [] and len(expected) == 203


def test_rfc9989_vectors(tmp_path):
    cases = suite("dmarc-rfc9989/vectors.json")["cases"]
    milter_client.require_program("postern")
    jobs = []
    for number, case in enumerate(cases):
        path = tmp_path / f"{number}.json"
        zone = {owner: {kind: [[10, "m.example"]] if kind == "MX" else value
                        for kind, value in records.items()}
                for owner, records in case["zone"].items()}  # fmt: skip
        path.write_text(json.dumps(zone))  # all that matters of an MX is that it is there
        words = ["dmarc", "--author-domain", case["author_domain"], "--zone", path]
        if case["spf_pass_mailfrom"]:
            words += ["--spf-pass", case["spf_pass_mailfrom"]]
        for domain in case["dkim_pass_d"]:
            words += ["--dkim-pass", domain]
        jobs.append(words)
    wrong = []
    keys = {"result": "result", "policy": "policy", "org_domain": "organizational_domain",
            "policy_domain": "policy_domain"}  # fmt: skip
    for case, verdict in zip(cases, run_all(jobs)):
        expect, found = case["expect"], verdict["dmarc"]
        given = {key: found[name] for key, name in keys.items() if key in expect}
        for method in ("spf", "dkim"):
            if f"{method}_aligned" in expect:
                given[f"{method}_aligned"] = found["aligned"][method]
        wanted = {key: value for key, value in expect.items() if key in given}
        if wanted != given:
            wrong.append((case["id"], wanted, given))
    assert wrong == [] and len(cases) == 60


def test_arc_suite(tmp_path):
    scenarios = suite("arc/arc-draft-validation-tests.json")
    milter_client.require_program("postern")
    jobs, expected = [], []
    for number, scenario in enumerate(scenarios):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({name: {"TXT": [text]} for name, text in scenario["txt-records"].items()}))
        for test in scenario["tests"]:
            mail = tmp_path / f"{len(jobs)}.eml"
            mail.write_bytes(test["message"].encode("utf-8", "surrogateescape"))  # LF, as on disk
            jobs.append([mail, "--client-ip", "192.0.2.1", "--helo", "x.example", "--time", "1500000000",
                         "--zone", path])  # fmt: skip
            expected.append((test["id"], test["cv"].lower() or "fail"))  # empty: cv=fail was sealed
    wrong = [(name, result, verdict["arc"])
             for verdict, (name, result) in zip(run_all(jobs), expected)
             if verdict["arc"]["result"] != result]  # fmt: skip
    assert wrong == [] and len(expected) == 175


# ------------------------------------------------------------------ configuration and null sender

DEFAULT_CONFIG = "/etc/postern/postern.toml"


def test_it_says_which_configuration_it_used(files):
    config = files / "postern.toml"
    config.write_text('authserv_id = "mx.example.org"\n')
    commands = ([files / "mail.eml", *SESSION], ["spf", *SESSION],
                ["dmarc", "--author-domain", "attack.example"])  # fmt: skip
    for words in commands:
        zone = ["--zone", files / "zone.json"]
        assert checked(*words, *zone)["configuration"].endswith(DEFAULT_CONFIG)
        assert checked(*words, *zone, "--config", config)["configuration"] == str(config)
        status, out, err = postern("check", *words, *zone, "--config", config)
        assert (status, err) == (0, "") and out.endswith(f"config     {config}\n")


@pytest.mark.skipif(os.geteuid() != 0 or os.path.exists("/etc/postern"),
                    reason="needs root, and a host that has no /etc/postern")  # fmt: skip
def test_the_configuration_of_the_system_is_used_without_config(files):
    os.mkdir("/etc/postern")
    try:
        pathlib.Path(DEFAULT_CONFIG).write_text('authserv_id = "of.the.system.example"\n')
        verdict = checked(*arguments(files))
    finally:
        shutil.rmtree("/etc/postern")
    assert verdict["configuration"] == DEFAULT_CONFIG
    assert "of.the.system.example" in verdict["headers"][0]
    assert checked(*arguments(files))["configuration"].startswith("built-in defaults")


@pytest.mark.parametrize("words", [["--mail-from="], ["--mail-from", ""], ["--mail-from", "<>"],
                                   ["--mail-from=<>"], []])  # fmt: skip
def test_the_null_sender(files, words):
    session = ["--client-ip", "192.0.2.66", *words, "--helo", "mail.attack.example"]
    verdict = checked(*session, files / "mail.eml", "--zone", files / "zone.json")
    assert verdict["spf"]["domain"] == "mail.attack.example"
    last = ["--client-ip", "192.0.2.66", "--helo", "mail.attack.example", *words]
    assert checked(*last, files / "mail.eml", "--zone", files / "zone.json") == verdict
    alone = checked("spf", "--zone", files / "zone.json", *last)
    assert alone["spf"]["domain"] == "mail.attack.example"
