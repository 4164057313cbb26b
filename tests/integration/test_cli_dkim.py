"""`postern dkim`: keys from their making to their end, by DNS from a file and a clock that is given."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

import milter_client
from support.dkim_keys import DAY, HOUR, NOW, Keys


@pytest.fixture
def keys(tmp_path):
    milter_client.require_program("postern")
    return Keys(tmp_path)


def files(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*.pem"))


def steps(report):
    return [(step["what"], step["selector"]) for step in report["steps"]]


# ------------------------------------------------------------------ the life of a key


def test_the_whole_life(keys):
    out = keys.ok("create", "example.org")
    assert "made 20261122r (rsa, 2048 bits), pending" in out
    assert "made 20261122e (ed25519), pending" in out and "postern dkim rotate --auto" in out
    assert keys.states() == {"20261122r": "pending", "20261122e": "pending"}
    assert files(keys.path) == ["example.org/20261122e.pem", "example.org/20261122r.pem"]

    waiting = keys.json("rotate", "--auto")
    assert steps(waiting) == [("waiting", "20261122e"), ("waiting", "20261122r")]
    keys.publish_all()
    assert sorted(steps(keys.json("rotate", "--auto"))) == [
        ("settling", "20261122e"), ("settling", "20261122r")]  # fmt: skip
    assert "it signs when it still is in 60 minutes" in keys.ok("rotate", "--auto")
    assert sorted(steps(keys.json("rotate", "--auto", time=NOW + HOUR))) == [
        ("activated", "20261122e"), ("activated", "20261122r")]  # fmt: skip
    assert keys.json("rotate", "--auto") == {"steps": [], "made": [], "waiting": []}
    assert keys.ok("rotate", "--auto") == "2 keys, nothing to do\n"

    later = NOW + 90 * DAY  # 2027-02-20
    made = keys.json("rotate", "example.org", time=later)["made"]
    assert [(key["selector"], key["state"]) for key in made] == [
        ("20270220r", "pending"), ("20270220e", "pending")]  # fmt: skip
    assert keys.states()["20261122r"] == "active"  # until the new record is there
    keys.publish_all()
    report = keys.json("rotate", "--auto", "--settle", "0s", time=later)
    assert sorted(steps(report)) == [
        ("activated", "20270220e"), ("activated", "20270220r"),
        ("retired", "20261122e"), ("retired", "20261122r")]  # fmt: skip

    assert keys.json("rotate", "--auto", time=later + 30 * DAY - 1)["steps"] == []
    out = keys.ok("rotate", "--auto", time=later + 30 * DAY)
    assert "Delete the TXT record 20261122r._domainkey.example.org from DNS" in out
    assert keys.states() == {"20270220r": "active", "20270220e": "active"}
    assert files(keys.path) == ["example.org/20270220e.pem", "example.org/20270220r.pem"]


def test_a_key_goes_active_alone(keys):
    """Each type for itself: what is not in DNS never signs, what signs goes on."""
    keys.ok("create", "example.org")
    listed = keys.list()
    keys.publish({listed["20261122r"]["name"]: {"TXT": [listed["20261122r"]["record"]]}})
    assert steps(keys.json("rotate", "--auto", "--settle", "0s")) == [
        ("waiting", "20261122e"), ("activated", "20261122r")]  # fmt: skip
    keys.publish({})  # DNS forgets all
    assert steps(keys.json("rotate", "--auto")) == [
        ("waiting", "20261122e"), ("unsound", "20261122r")]  # fmt: skip
    assert keys.states()["20261122r"] == "active"


def test_settling_begins_anew_when_the_record_is_gone(keys):
    """A server that does not have it yet, or a form that was wrong: the hour begins again."""
    keys.ok("create", "example.org", "--type", "ed25519")
    auto = ("rotate", "--auto", "--settle", "2h")
    keys.publish_all()
    assert steps(keys.json(*auto)) == [("settling", "20261122e")]
    keys.publish({})
    assert steps(keys.json(*auto, time=NOW + HOUR)) == [("waiting", "20261122e")]
    keys.publish_all()
    assert steps(keys.json(*auto, time=NOW + 2 * HOUR)) == [("settling", "20261122e")]
    keys.publish({"20261122e._domainkey.example.org": {"TXT": "TIMEOUT"}})
    assert steps(keys.json(*auto, time=NOW + 3 * HOUR)) == [("waiting", "20261122e")]
    keys.publish_all()
    assert steps(keys.json(*auto, time=NOW + 4 * HOUR - 1)) == [("settling", "20261122e")]
    assert steps(keys.json(*auto, time=NOW + 4 * HOUR)) == [("activated", "20261122e")]


def test_quiet_says_only_what_matters(keys):
    auto = ("rotate", "--auto", "--quiet")
    assert keys.ok(*auto) == ""
    keys.ok("create", "example.org", "--type", "ed25519")
    assert "20261122e waits: " in keys.ok(*auto)  # somebody must publish it
    keys.publish_all()
    assert keys.ok(*auto) == ""
    assert "20261122e signs from now on" in keys.ok(*auto, time=NOW + HOUR)
    assert keys.ok(*auto, time=NOW + 2 * HOUR) == ""
    keys.publish({})
    assert "is active, but" in keys.ok(*auto, time=NOW + 2 * HOUR)
    examples = pathlib.Path(__file__).resolve().parents[2] / "examples"
    for name in ("cron/postern-dkim", "../packaging/systemd/postern-dkim-rotate.service.in"):
        assert "postern dkim rotate --auto --quiet --every" in (examples / name).read_text()


def test_selectors_are_not_used_twice(keys):
    """Caches may hold the record of the key that was removed."""
    keys.ok("create", "example.org", "--type", "rsa")
    keys.ok("remove", "example.org", "--selector", "20261122r")
    assert keys.json("create", "example.org", "--type", "rsa")["made"][0]["selector"] == "20261122rb"
    keys.ok("create", "example.org", "--type", "ed25519", "--selector", "own")
    keys.ok("remove", "example.org", "--selector", "own")
    again = ("create", "example.org", "--type", "ed25519", "--selector", "own")
    assert keys.refused(*again) == (
        "example.org had a key with selector own, whose record may still be in caches; "
        "name another one, or wait until 2027-02-20")  # fmt: skip
    keys.ok("create", "example.com", *again[2:])  # a domain for itself
    keys.ok(*again, time=NOW + 90 * DAY)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_a_killed_run_of_root_leaves_is_mended(keys):
    """Killed between making a folder and giving it away, it leaves one that only root can enter."""
    user = 4711
    keys.folder.chmod(0o755)
    keys.ok("create", "example.org", "--type", "ed25519", "--active")
    left = keys.path / "left.example"
    left.mkdir(0o700)
    for path in (keys.path, keys.path / "keys.json", keys.path / ".lock"):
        os.chown(path, user, user)
    folder = keys.path / "example.org"
    for path in (folder, *folder.iterdir()):
        os.chown(path, 0, 0)
    keys.ok("create", "example.com", "--type", "ed25519")
    owners = {path.name: path.stat().st_uid for path in keys.path.iterdir() if path.is_dir()}
    assert owners == {"example.org": user, "left.example": user, "example.com": user}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_told_what_to_do():
    user = 65534
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # others cannot enter pytest's
        os.chmod(folder, 0o755)
        keys = Keys(pathlib.Path(folder))
        keys.ok("create", "example.org", "--type", "ed25519")
        os.chown(keys.path, user, user)
        binary = milter_client.require_program("postern")
        command = [binary, "dkim", "create", "example.com", "--keys", keys.path]
        try:
            done = subprocess.run(command, capture_output=True, text=True, user=user, check=False,
                                  cwd="/")  # fmt: skip
        except PermissionError:
            pytest.skip(f"other users cannot run {binary}")
        assert done.returncode == 1
        assert done.stderr.startswith(f"postern: {keys.path}/.lock: cannot be opened by user {user} "
                                      "(it belongs to user 0); give it to that user"), done.stderr


def test_rotate_every(keys):
    keys.ok("create", "example.org", "--type", "ed25519", "--active")
    keys.publish_all()
    assert keys.json("rotate", "--auto", "--every", "90", time=NOW + 90 * DAY - 1)["made"] == []
    made = keys.json("rotate", "--auto", "--every", "90", time=NOW + 90 * DAY)["made"]
    assert [key["selector"] for key in made] == ["20270220e"]
    again = keys.json("rotate", "--auto", "--every", "90", time=NOW + 91 * DAY)
    assert again["made"] == [] and steps(again) == [("waiting", "20270220e")]


def test_rotate_twice_on_a_day(keys):
    keys.ok("create", "example.org", "--type", "rsa", "--active")
    assert keys.json("rotate", "--all")["made"][0]["selector"] == "20261122rb"
    out = keys.ok("rotate", "example.org")
    assert "20261122rb waits already to replace 20261122r" in out
    assert sorted(keys.states()) == ["20261122r", "20261122rb"]


def test_a_leftover_file_is_not_overwritten(keys):
    """A crash between key file and index: the next run takes another name."""
    keys.ok("create", "example.org", "--type", "rsa")
    (keys.path / "keys.json").unlink()
    before = (keys.path / "example.org/20261122r.pem").read_text()
    assert keys.json("create", "example.org", "--type", "rsa")["made"][0]["selector"] == "20261122rb"
    assert (keys.path / "example.org/20261122r.pem").read_text() == before
    error = keys.refused("create", "example.org", "--type", "rsa", "--selector", "20261122r")
    assert error.startswith(f"{keys.path}/example.org/20261122r.pem: is there already")


def test_activate_retire_revoke_remove(keys):
    keys.ok("create", "example.org", "--type", "rsa", "--selector", "one")
    one = ("example.org", "--selector", "one")
    error = keys.refused("activate", *one)
    assert error.startswith("one._domainkey.example.org does not exist in DNS. Publish")
    assert "--force" in error
    assert "one signs from now on" in keys.ok("activate", *one, "--force")
    assert keys.refused("activate", *one, "--force").endswith("is active already")
    assert keys.refused("remove", *one).endswith("retire or revoke it first")

    keys.ok("create", "example.org", "--type", "rsa", "--selector", "two")
    keys.publish_all()
    out = keys.ok("activate", "example.org", "--selector", "two")
    assert "one signs no more" in out
    assert keys.states() == {"one": "retired", "two": "active"}
    out = keys.ok("retire", "example.org", "--selector", "two")
    assert "signed by no key of its own" in out

    out = keys.ok("revoke", "example.org", "--selector", "two")
    assert 'two._domainkey.example.org. 3600 IN TXT (\n    "v=DKIM1; k=rsa; p=" )' in out
    assert files(keys.path) == ["example.org/one.pem"]
    assert keys.refused("activate", "example.org", "--selector", "two", "--force").endswith("is destroyed")
    (two,) = [r for r in keys.json("check")["records"] if r["selector"] == "two"]
    assert (two["result"], two["state"]) == ("wrong", "revoked")
    keys.publish_all()
    (two,) = [r for r in keys.json("check")["records"] if r["selector"] == "two"]
    assert two["result"] == "published"
    assert "delete the TXT record" in keys.ok("remove", "example.org", "--selector", "two")
    keys.ok("remove", *one)
    assert keys.list() == {} and not (keys.path / "example.org").exists()


@pytest.mark.parametrize("rounds", range(3))
def test_two_rotations_at_once_leave_one_index(keys, rounds):
    for number in range(3):
        keys.ok("create", f"d{number}.example", "--type", "ed25519", "--active")
    binary = milter_client.require_program("postern")
    command = [binary, "dkim", "rotate", "--all", "--keys", keys.path, "--time", NOW, "--json"]
    running = [subprocess.Popen([str(w) for w in command], stdout=subprocess.PIPE) for _ in range(4)]
    reports = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert sorted(len(report["made"]) for report in reports) == [0, 0, 0, 3]
    listed = keys.json("list")["keys"]
    assert len(listed) == 6
    assert files(keys.path) == sorted(key["file"] for key in listed)


# ------------------------------------------------------------------ records


def test_the_forms_of_a_record(keys, tmp_path):
    keys.ok("create", "example.org")
    for selector, key in keys.list().items():
        words = ("show", "example.org", "--selector", selector, "--form")
        assert key["name"] == f"{selector}._domainkey.example.org"
        line = keys.ok(*words, "line")
        assert line.count("\n") == 1
        for text in (line, keys.ok(*words, "zone")):
            strings = re.findall(r'"([^"]*)"', text)
            assert "".join(strings) == key["record"] and max(map(len, strings)) <= 255
        provider = keys.ok(*words, "provider").splitlines()
        assert provider[:3] == ["Type   TXT", f"Host   {selector}._domainkey",
                                f"Value  {key['record']}"]  # fmt: skip
    checker = shutil.which("nsd-checkzone")
    if checker:
        head = "$ORIGIN example.org.\n@ 3600 IN SOA ns hostmaster 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n"
        for form in ("line", "zone"):
            (tmp_path / "zone").write_text(head + keys.ok("show", "example.org", "--form", form))
            done = subprocess.run([checker, "example.org", tmp_path / "zone"], capture_output=True,
                                  text=True, check=False)  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr


def test_check_names_every_kind_of_mistake(keys):
    keys.ok("create", "example.org", "--type", "rsa", "--selector", "s")
    record = keys.list()["s"]["record"]
    name = "s._domainkey.example.org"
    mistakes = [
        ({}, "absent", "does not exist in DNS"),
        ({name: {"A": ["192.0.2.1"]}}, "absent", "has no TXT record"),
        ({name: {"TXT": "TIMEOUT"}}, "unknown", "in time"),
        ({name: {"TXT": "SERVFAIL"}}, "unknown", "DNS failed"),
        ({name: {"CNAME": "gone.example.com"}}, "absent", "does not exist in DNS"),
        ({name + ".example.org": {"TXT": [record]}}, "absent", f"but {name}.example.org does"),
        ({name: {"TXT": [record[:255]]}}, "wrong", "is cut short"),
        ({name: {"TXT": [record[:255], record[255:]]}}, "wrong", "separate TXT records"),
        ({name: {"TXT": [record, record]}}, "wrong", "several key records"),
        ({name: {"TXT": [f'"{record}"']}}, "wrong", "quotes or backslashes"),
        ({name: {"TXT": [record.replace(";", "\\;")]}}, "wrong", "quotes or backslashes"),
        ({name: {"TXT": ["v=DKIM1; p="]}}, "wrong", "revoked"),
        ({name: {"TXT": ["v=spf1 -all"]}}, "wrong", "no key record"),
        ({name: {"TXT": [[record[:255], record[255:]]]}}, "published", "is published"),
        ({name: {"CNAME": "s.example.com"}, "s.example.com": {"TXT": [record]}}, "published", ""),
    ]
    for zone, result, words in mistakes:
        keys.publish(zone)
        (found,) = keys.json("check", "example.org")["records"]
        assert (found["result"], words in found["sentence"]) == (result, True), (zone, found)
        assert bool(found["remedy"]) == (result != "published")
        text = keys.ok("check", "example.org")
        assert text.startswith(result) and found["sentence"] in text
        # What does not publish the key never lets it sign.
        (step,) = keys.json("rotate", "--auto")["steps"] if result != "published" else [{"what": ""}]
        assert step["what"] in ("waiting", "")
    assert keys.states() == {"s": "pending"}


# ------------------------------------------------------------------ files


def test_private_keys_are_private(keys):
    old = os.umask(0)
    try:
        keys.ok("create", "example.org")
    finally:
        os.umask(old)
    for path in [keys.path, *keys.path.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    text = keys.ok("list") + keys.ok("show", "example.org") + keys.ok("list", "--json")
    for path in keys.path.rglob("*.pem"):
        assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        assert path.read_text().splitlines()[1] not in text


def test_an_open_directory_is_refused_with_the_remedy(keys):
    keys.ok("create", "example.org")
    os.chmod(keys.path, 0o755)
    error = keys.refused("list")
    remedy = error.rpartition("mend it with: ")[2]
    assert remedy == f"chmod 700 {keys.path}"
    subprocess.run(remedy.split(), check=True)
    keys.ok("list")


def test_a_damaged_index_is_never_overwritten(keys):
    keys.ok("create", "example.org")
    index = keys.path / "keys.json"
    for text in ("", "{", index.read_text().replace('"version": 1', '"version": 9'),
                 index.read_text().replace("pending", "pensive")):  # fmt: skip
        index.write_text(text)
        for words in (["list"], ["create", "example.com"], ["rotate", "--auto"]):
            assert keys.refused(*words).startswith(f"{index}: ")
        assert index.read_text() == text
    assert not (keys.path / "example.com").exists()


def test_words_that_are_refused(keys):
    assert "no domain name" in keys.refused("create", "a b")
    assert "no domain name with a dot" in keys.refused("create", "localhost")
    assert "names one key" in keys.refused("create", "example.org", "--selector", "s")
    assert "selector is no domain name" in keys.refused(
        "create", "example.org", "--type", "rsa", "--selector", "../x")  # fmt: skip
    assert keys.refused("list", "example.org").startswith("there is no key for example.org")
    assert keys.refused("rotate", "example.org").startswith("example.org has no active key")
    assert keys.refused("rotate").startswith("rotate: name a domain")
    assert keys.refused("rotate", "--all", "--auto").startswith("rotate: name a domain")
    assert keys.refused("rotate", "--all", "--every", "3").startswith("rotate: --every")
    assert keys.refused("rotate", "--all", "--quiet").startswith("rotate: --quiet")
    assert keys.refused("rotate", "--auto", "--settle", "1").startswith("rotate: --settle: ")
    for words in (["create"], ["create", "example.org", "--bits", "1024"], ["show"],
                  ["retire", "example.org"], ["show", "example.org", "--form", "x"], []):  # fmt: skip
        assert milter_client.require_program("postern")
        done = subprocess.run([str(milter_client.require_program("postern")), "dkim", *words],
                              capture_output=True, check=False, timeout=30)  # fmt: skip
        assert done.returncode > 100, words
    keys.ok("create", "Bücher.example", "--type", "ed25519", "--active")
    assert [key["domain"] for key in keys.json("list")["keys"]] == ["xn--bcher-kva.example"]


def test_the_directory_comes_from_the_configuration(tmp_path):
    binary = str(milter_client.require_program("postern"))
    config = tmp_path / "postern.toml"
    config.write_text(f'[signing]\nkeys = "{tmp_path}/elsewhere"\n')
    words = [binary, "dkim", "create", "example.org", "--config", str(config), "--type", "ed25519"]
    subprocess.run(words, check=True, capture_output=True, timeout=30)
    assert (tmp_path / "elsewhere" / "keys.json").exists()
    config.write_text("[signing]\nkeys = 7\n")
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr == f"postern: {config}:2: signing.keys: is no absolute path in quotes\n"
