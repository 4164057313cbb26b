"""`postern dns`: a zone fragment that a name server takes as it is, and the same as JSON."""

import json
import re
import shutil
import subprocess

import pytest

import milter_client

GIVEN = ["example.org", "--host", "mail.example.org", "--ip", "192.0.2.1", "--ip", "2001:db8::1"]


def postern(*words):
    command = [str(milter_client.require_program("postern")), *[str(word) for word in words]]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
    return done.returncode, done.stdout, done.stderr


def printed(*words):
    status, out, err = postern("dns", *words)
    assert (status, err) == (0, ""), err
    return out


def records(text):
    """The lines that are no comments."""
    return [line for line in text.splitlines() if line and not line.startswith(";")]


@pytest.fixture
def keys(tmp_path):
    """A key directory with an active RSA and an active Ed25519 key of example.org."""
    directory = tmp_path / "dkim"
    status, _, err = postern("dkim", "create", "example.org", "--active", "--keys", directory)
    assert status == 0, err
    return directory


@pytest.fixture
def nothing(tmp_path):
    """No keys, and a DNS that knows nothing."""
    (tmp_path / "zone.json").write_text("{}")
    return ["--keys", tmp_path / "none", "--zone", tmp_path / "zone.json"]


def test_a_zone_fragment_with_every_record(keys):
    text = printed(*GIVEN, "--keys", keys)
    lines = records(text)
    for line in (
        "example.org. 3600 IN MX 10 mail.example.org.",
        "mail.example.org. 3600 IN A 192.0.2.1",
        "mail.example.org. 3600 IN AAAA 2001:db8::1",
        'mail.example.org. 3600 IN TXT "v=spf1 a -all"',
        'example.org. 3600 IN TXT "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"',
        '_dmarc.example.org. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.org"',
        "mta-sts.example.org. 3600 IN CNAME mail.example.org.",
        '_smtp._tls.example.org. 3600 IN TXT "v=TLSRPTv1; rua=mailto:postmaster@example.org"',
        "_imaps._tcp.example.org. 3600 IN SRV 0 1 993 mail.example.org.",
        "_submissions._tcp.example.org. 3600 IN SRV 0 1 465 mail.example.org.",
        "_submission._tcp.example.org. 3600 IN SRV 0 1 587 mail.example.org.",
        "_sieve._tcp.example.org. 3600 IN SRV 0 1 4190 mail.example.org.",
    ):
        assert line in lines, text
    (sts,) = [line for line in lines if line.startswith("_mta-sts.")]
    assert re.search(r'"v=STSv1; id=[0-9a-f]{16}"$', sts)
    assert len([line for line in lines if "._domainkey." in line]) == 2
    assert len(lines) == 15
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', "\n".join(lines))
    assert max(map(len, strings)) <= 255
    assert all(len(line) < 1000 for line in lines)


def test_dmarc_has_no_tag_that_rfc_9989_removed(nothing):
    text = printed(*GIVEN, *nothing)
    (dmarc,) = [line for line in records(text) if line.startswith("_dmarc.")]
    assert not re.search(r"\b(pct|ri|rf)=", dmarc)
    for step in ("p=quarantine", "p=reject"):
        assert re.search(f"^;.*{step}", text, re.M)


@pytest.mark.skipif(not shutil.which("nsd-checkzone", path="/usr/sbin:/usr/bin"),
                    reason="not installed: apt-get install nsd")  # fmt: skip
@pytest.mark.parametrize("host", ["mail.example.org", "mx.example.net", "example.org"])
def test_a_name_server_takes_it_as_it_is(tmp_path, keys, host):
    fragment = printed("example.org", "--host", host, "--ip", "192.0.2.1", "--keys", keys,
                       "--report-address", "reports@example.com")  # fmt: skip
    zone = tmp_path / "zone"
    zone.write_text("example.org. 3600 IN SOA ns.example.org. root.example.org. 1 2 3 4 5\n"
                    "example.org. 3600 IN NS ns.example.org.\nns.example.org. 3600 IN A 192.0.2.9\n"
                    + fragment)  # fmt: skip
    done = subprocess.run(["/usr/sbin/nsd-checkzone", "example.org", str(zone)],
                          capture_output=True, timeout=30, check=False, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "out of zone" not in (done.stdout + done.stderr).lower()


def test_json_says_the_same(keys):
    text = printed(*GIVEN, "--keys", keys, "--json")
    assert text.count("\n") == 1
    plan = json.loads(text)
    assert set(plan) == {"domain", "records", "elsewhere", "notes", "mta_sts_policy"}
    assert len(plan["records"]) == len(records(printed(*GIVEN, "--keys", keys)))
    for record in plan["records"]:
        assert {"name", "type", "ttl", "value", "purpose"} <= set(record)
        if record["type"] == "TXT":
            assert "".join(record["strings"]) == record["value"]
            assert max(map(len, record["strings"])) <= 255
    policy = plan["mta_sts_policy"]
    assert policy["url"] == "https://mta-sts.example.org/.well-known/mta-sts.txt"
    assert policy["text"].splitlines() == [
        "version: STSv1", "mode: testing", "mx: mail.example.org", "max_age: 86400"]  # fmt: skip


def test_only_keys_that_are_wanted_in_dns_are_printed(keys):
    index = json.loads(postern("dkim", "list", "example.org", "--json", "--keys", keys)[1])
    selectors = re.findall(r'"selector": ?"([^"]+)"', json.dumps(index))
    assert len(selectors) == 2
    status, _, err = postern("dkim", "revoke", "example.org", "--selector", selectors[0],
                             "--keys", keys)  # fmt: skip
    assert status == 0, err
    text = printed(*GIVEN, "--keys", keys)
    assert f"{selectors[1]}._domainkey" in text and f"{selectors[0]}._domainkey" not in text


def test_a_retired_key_stands_under_a_heading_of_its_own(keys):
    status, _, err = postern("dkim", "create", "example.org", "--active", "--selector", "later",
                             "--type", "rsa", "--keys", keys)  # fmt: skip
    assert status == 0, err
    listed = json.loads(postern("dkim", "list", "example.org", "--json", "--keys", keys)[1])
    retired = [k["selector"] for k in listed["keys"] if k["state"] == "retired"]
    assert retired, listed
    text = printed(*GIVEN, "--keys", keys)
    _, _, after = text.partition("; DKIM: keys that sign no more")
    before = text[: text.index(after)]
    assert f"{retired[0]}._domainkey" in after and f"{retired[0]}._domainkey" not in before
    assert re.search(rf"^;   {retired[0]}: keep it published until 20\d\d-\d\d-\d\d$", after, re.M)
    assert "later._domainkey" in before


def test_it_prints_the_same_twice_and_another_id_for_another_policy(nothing):
    text = printed(*GIVEN, *nothing)
    assert printed(*GIVEN, *nothing) == text
    enforce = printed(*GIVEN, *nothing, "--mta-sts", "enforce")
    ids = [re.search("v=STSv1; id=([0-9a-z]{1,32})\"", each)[1] for each in (text, enforce)]
    assert ids[0] != ids[1]


def test_it_says_which_configuration_it_read(nothing, tmp_path):
    assert re.search(r"^; Configuration: .*/etc/postern/postern\.toml$", printed(*GIVEN, *nothing), re.M)
    (tmp_path / "p.toml").write_text("")
    text = printed(*GIVEN, *nothing, "--config", tmp_path / "p.toml")
    assert text.endswith(f"; Configuration: {tmp_path}/p.toml\n")


def test_without_keys_it_says_how_to_make_some(nothing):
    text = printed(*GIVEN, *nothing)
    assert "_domainkey" not in "".join(records(text))
    assert re.search(r"^; .*postern dkim create example\.org$", text, re.M)


def test_addresses_come_from_dns_and_it_says_so(tmp_path):
    zone = {"mail.example.org": {"A": ["192.0.2.7"], "AAAA": ["2001:db8::7"]}}
    (tmp_path / "zone.json").write_text(json.dumps(zone))
    text = printed("example.org", "--host", "mail.example.org", "--keys", tmp_path / "none",
                   "--zone", tmp_path / "zone.json")  # fmt: skip
    assert "mail.example.org. 3600 IN A 192.0.2.7" in records(text)
    assert "mail.example.org. 3600 IN AAAA 2001:db8::7" in records(text)
    assert re.search(r"^; .*DNS has for mail\.example\.org", text, re.M)


def test_addresses_of_this_computer_or_none_and_it_says_so(nothing):
    text = printed("example.org", "--host", "mail.example.org", *nothing)
    assert re.search(r"^; .*(ones of this computer|are not known).*--ip", text, re.M), text


def test_the_mode_of_mta_sts(nothing):
    enforce = printed(*GIVEN, *nothing, "--mta-sts", "enforce")
    assert ";   mode: enforce" in enforce.splitlines()
    none = printed(*GIVEN, *nothing, "--mta-sts", "none")
    assert "mta-sts" not in none


def test_international_names(nothing):
    text = printed("bücher.example", "--host", "mail.bücher.example", "--ip", "192.0.2.1", *nothing)
    assert "xn--bcher-kva.example. 3600 IN MX 10 mail.xn--bcher-kva.example." in records(text)


MISTAKES = {
    "no domain": (["exa mple.org", *GIVEN[1:]], "exa mple.org"),
    "one label": (["org", *GIVEN[1:]], "is no domain name"),
    "bad address": (["example.org", "--host", "mail.example.org", "--ip", "192.0.2"], "--ip"),
    "bad host": (["example.org", "--host", "a b", "--ip", "192.0.2.1"], "--host"),
    "bad report address": ([*GIVEN, "--report-address", "reports"], "--report-address"),
    "address that would need escapes": ([*GIVEN, "--report-address", "a,b@example.org"],
                                        "--report-address"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line(nothing, mistake):
    words, part = MISTAKES[mistake]
    status, out, err = postern("dns", *words, *nothing)
    assert (status, out) == (1, "") and err.startswith("postern: ") and err.count("\n") == 1
    assert part in err


def test_a_key_directory_that_others_can_read_is_refused(keys):
    keys.chmod(0o755)
    status, out, err = postern("dns", *GIVEN, "--keys", keys)
    assert (status, out) == (1, "") and f"chmod 700 {keys}" in err
