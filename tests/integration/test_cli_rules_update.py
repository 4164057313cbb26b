"""postern rules update: new rules are in use only when they are what was published, and work."""

import fcntl
import json
import os
import signal
import subprocess
import tarfile
import time

import pytest

from support import rule_updates
from support.rule_host import FAILED, NOTHING_NEW, REFUSED, SOME_FAILED, UPDATED, host, refused, signer  # noqa: F401
from support.rule_updates import CHANNEL, FOLDER, archive, publish, rules

# ------------------------------------------------------------------ updates


def test_an_update_is_put_in_use(host):
    text = rules(40)
    publish(host.mirror, 1900001, archive({"20_b.cf": text, "10_a.cf": "# @@VERSION@@\nloadplugin X\n",
                                           "languages": "x"}))  # fmt: skip
    done = host.update()
    assert (done.returncode, done.stderr) == (UPDATED, "")
    assert "version 1900001 is in use, 40 rules, 0 warnings" in done.stdout
    name, installed = host.current()
    assert name == "1900001"
    assert installed == "# 4.000001\n#(commented by postern rules update: not allowed)# loadplugin X\n" + text
    assert os.readlink(host.store / "current") == "1900001"
    assert (host.store / "1900001" / FOLDER / "languages").read_text() == "x"
    assert host.leftovers() == []


def test_whoever_runs_the_milter_can_read_the_rules(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    old = os.umask(0o077)
    try:
        assert host.update().returncode == UPDATED
    finally:
        os.umask(old)
    for path in (host.store, *(host.store / "1").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_the_rules_that_are_in_use_can_be_listed(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    done = subprocess.run([host.binary, "rules", "list", "--json", "--site", host.site,
                           host.store / "current"], capture_output=True, check=True,
                          timeout=60)  # fmt: skip
    listed = json.loads(done.stdout)["rules"]
    assert len(listed) == 40 and listed[0]["name"] == "GTUBE"


def test_nothing_new(host):
    publish(host.mirror, 5, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    before = host.store.joinpath("current").lstat().st_ino
    publish(host.mirror, 5, archive({"10.cf": rules(40, "other")}))
    done = host.update()
    assert (done.returncode, done.stderr) == (NOTHING_NEW, "")
    assert done.stdout == f"{CHANNEL}: nothing new, version 5 is in use\n"
    assert host.store.joinpath("current").lstat().st_ino == before


def test_check_only_changes_nothing(host):
    assert host.run("--check-only").returncode == NOTHING_NEW
    publish(host.mirror, 7, archive({"10.cf": rules(40)}))
    done = host.run("--check-only")
    assert (done.returncode, done.stdout) == (UPDATED, f"{CHANNEL}: version 7 can be had\n")
    assert not host.store.exists()


def test_two_old_versions_are_kept(host):
    for version in (1, 2, 3, 4, 5):
        publish(host.mirror, version, archive({"10.cf": rules(40, f"v{version}x")}))
        assert host.update().returncode == UPDATED
        time.sleep(0.02)
    assert host.states() == ["3", "4", "5"]
    assert "v5x1" in host.current()[1]


def test_another_channel_is_added_and_the_first_stays(host):
    publish(host.mirror, 8, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    other = host.mirror.parent / "other"
    publish(other, 8, archive({"kam.cf": "body KAM_1 /kam/\n", "kam.pre": "# x\n"}))
    done = host.run("--digest-only", "--channel", "kam.example.org", source=("--from", other))
    assert done.returncode == UPDATED, done.stderr
    assert "41 rules" in done.stdout
    folder = (host.store / "current").resolve()
    assert folder.name == "8.2"
    assert sorted(path.name for path in folder.iterdir()) == [
        "kam_example_org", "kam_example_org.cf", "kam_example_org.pre", FOLDER, f"{FOLDER}.cf"]
    publish(host.mirror, 9, archive({"10.cf": rules(40)}))
    assert "41 rules" in host.update().stdout


def test_rules_that_the_milter_does_not_read(host, tmp_path):
    stock = tmp_path / "stock"
    stock.mkdir()
    (stock / "10.cf").write_text(rules(40))
    host.reads(stock)
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    done = host.update()
    assert done.returncode == UPDATED and f"{CHANNEL}: version 1 is installed, " in done.stdout
    assert done.stderr == (f"postern: the milter reads the rules in {stock} (antispam.rules), not in "
                           f"{host.store}/current\n")  # fmt: skip


# ------------------------------------------------------------------ digests and signatures


@pytest.mark.parametrize("kind", ["sha512", "sha256"])
def test_a_wrong_digest(host, kind):
    path = publish(host.mirror, 1, archive({"10.cf": rules(40)}), kind=kind)
    digest = path.with_name(f"{path.name}.{kind}")
    right = digest.read_text()
    for wrong in ("0" * len(right.split()[0]), "", right[1:], "x" + right):
        digest.write_text(wrong)
        refused(host.update(), FAILED, "does not have the digest")
    digest.unlink()
    refused(host.update(), FAILED, "has no digest")
    digest.write_text(right.upper())
    assert host.update().returncode == UPDATED


# ------------------------------------------------------------------ archives


def entry(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("entries", [
    [entry("20.cf", tarfile.SYMTYPE, "/etc/passwd")],
    [entry("20.cf", tarfile.LNKTYPE, "10.cf")],
    [entry("20.cf", tarfile.FIFOTYPE)],
    [entry("folder", tarfile.DIRTYPE)],
    [entry("../20.cf", tarfile.REGTYPE)],
    [entry("/tmp/20.cf", tarfile.REGTYPE)],
    [entry("a/20.cf", tarfile.REGTYPE)],
    [entry("10.cf", tarfile.REGTYPE)],
    [entry(f"{number}.cf", tarfile.REGTYPE) for number in range(1100)],
])  # fmt: skip
def test_archives_with_anything_but_files_are_refused(host, entries):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}, entries=entries))
    host.store.mkdir()
    (host.store / ".lock").touch()
    before = sorted(host.store.parent.rglob("*"))
    refused(host.update(), FAILED, "version 1: ", "archive")
    assert sorted(host.store.parent.rglob("*")) == before


def test_a_bomb(host):
    publish(host.mirror, 1, archive({"10.cf": " " * (70 * 1024 * 1024)}))
    refused(host.update(), FAILED, "unpacks to more than")
    publish(host.mirror, 2, os.urandom(9_000_000))
    refused(host.update(), FAILED, "2.tar.gz")


def test_what_is_cut_or_no_archive(host):
    whole = archive({"10.cf": rules(400)})
    for version, octets in enumerate((whole[:-30], b"no archive", b"", whole + b"x"), 1):
        publish(host.mirror, version, octets)
        refused(host.update(), FAILED, f"version {version}: ")


# ------------------------------------------------------------------ trial


@pytest.mark.parametrize("text, problem", [
    (rules(15), "they are only 15 rules, and those in use are 40"),
    ("# nothing\n", "holds no rules"),
    (rules(40) + "".join(f"body BAD_{n} /(/\n" for n in range(5)), "5 of their"),
    ("".join(f"frobnicate {n}\n" for n in range(50)) + rules(40), "10.cf:1: "),
    (rules(40).replace("body GTUBE /XJS", "body GTUBE /YJS"), "GTUBE"),
])  # fmt: skip
def test_rules_that_do_not_work_are_not_put_in_use(host, text, problem):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    assert host.update().returncode == UPDATED
    publish(host.mirror, 2, archive({"10.cf": text}))
    refused(host.update(), REFUSED, "the rules of version 2 are refused, and those in use stay", problem)
    assert host.current()[0] == "1" and host.states() == ["1"]
    assert host.leftovers() == []


def test_a_few_warnings_are_borne(host):
    publish(host.mirror, 1, archive({"10.cf": rules(60) + "frobnicate 1\n"}))
    done = host.update()
    assert done.returncode == UPDATED and "1 warnings" in done.stdout


# ------------------------------------------------------------------ faults


def test_two_at_once(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    host.store.mkdir()
    with (host.store / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(host.update(), FAILED, "another update is running")
    running = [subprocess.Popen(host.command("--digest-only"), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) for _ in range(4)]  # fmt: skip
    ends = sorted(process.wait(60) for process in running)
    assert ends[0] == UPDATED and UPDATED not in ends[1:]
    assert host.states() == ["1"]


def test_what_a_killed_run_left_goes(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    (host.store / ".new" / "x").mkdir(parents=True)
    (host.store / ".new" / "x" / "10.cf").write_text("x")
    (host.store / ".current").symlink_to("nowhere")
    assert host.update().returncode == UPDATED
    assert host.leftovers() == [] and host.states() == ["1"]


def test_killed_at_any_moment(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    begin = time.monotonic()
    assert host.update().returncode == UPDATED
    whole = time.monotonic() - begin
    files = {f"{number:03}.cf": rules(40, f"w{number}x").replace("R_", f"R{number}_")
             for number in range(100)}  # fmt: skip
    publish(host.mirror, 2, archive(files))
    for step in range(20):
        process = subprocess.Popen(host.command("--digest-only"), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(step * whole / 10)
        process.send_signal(signal.SIGKILL)
        process.wait()
        name, text = host.current()
        assert (name, text.count("body ")) in (("1", 40), ("2", 4000))
    assert host.update().returncode in (UPDATED, NOTHING_NEW)
    assert host.current()[0] == "2" and host.leftovers() == []


def test_a_full_disk(host):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    host.store.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", host.store], check=False)
    if done.returncode != 0:
        pytest.skip("nothing may be mounted here")
    try:
        publish(host.mirror, 1, archive({"10.cf": rules(40)}))
        assert host.update().returncode == UPDATED
        publish(host.mirror, 2, archive({"10.cf": rules(40), "20.cf": "# " + "x" * 400_000 + "\n"}))
        refused(host.update(), FAILED, "No space left on device")
        assert host.current()[0] == "1" and host.states() == ["1"] and host.leftovers() == []
    finally:
        subprocess.run(["umount", host.store], check=True)


def test_current_that_is_no_link(host):
    publish(host.mirror, 1, archive({"10.cf": rules(40)}))
    (host.store / "current").mkdir(parents=True)
    (host.store / "current" / "10.cf").write_text(rules(40))
    refused(host.update(), FAILED, "is no symbolic link")
    assert host.states() == []


def test_wrong_words(host):
    for name in ("../x", "a_b.example", "a..b"):
        refused(host.run("--channel", name), FAILED, "is no name of a channel")
    refused(host.run("--channel", "a.example", "--channel", "b.example", "--accept", 1), FAILED,
            "--accept: is for one channel")  # fmt: skip
    refused(host.run(source=("--from", host.mirror / "none")), FAILED, "none: ")
    assert host.run("--url", "https://x.example").returncode > 100


# ------------------------------------------------------------------ network


@pytest.fixture
def network(host, tmp_path):
    """(mirror, words): a mirror by HTTPS, and what makes the command use it."""
    zone = tmp_path / "zone.json"
    zone.write_text(json.dumps({
        f"1.0.4.{CHANNEL}": {"CNAME": "3.3.3.example.org"},
        "3.3.3.example.org": {"TXT": ["1900001"]},
        f"mirrors.{CHANNEL}": {"TXT": ["http://mirror.example/MIRRORED.BY"]},
        "mirrors.empty.example": {"TXT": ["http://mirror.example/MIRRORED.BY"]},
        "1.0.4.lost.example": {"SERVFAIL": True},
    }))  # fmt: skip
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    (host.mirror / "MIRRORED.BY").write_text("# mirrors\nhttp://mirror.example/ weight=5\n")
    with rule_updates.Mirror(host.mirror, certificates) as mirror:
        yield mirror, ("--zone", zone, "--connect-to", mirror.address, "--ca-file", mirror.ca_file)


def test_from_a_mirror(host, network, signer):
    mirror, words = network
    host.key_file.write_bytes(signer.public)
    publish(host.mirror, 1900001, archive({"10.cf": rules(40)}), signer)
    done = host.run("--key-file", host.key_file, source=words)
    assert (done.returncode, done.stderr) == (UPDATED, "")
    assert mirror.asked == [f"mirror.example/{name}" for name in
                            ("MIRRORED.BY", "1900001.tar.gz", "1900001.tar.gz.sha512",
                             "1900001.tar.gz.asc")]  # fmt: skip
    assert host.current()[0] == "1900001"
    mirror.asked.clear()
    assert host.run("--key-file", host.key_file, source=words).returncode == NOTHING_NEW
    assert mirror.asked == []  # DNS is enough


def test_from_a_mirror_that_is_named(host, network):
    mirror, words = network
    publish(host.mirror, 1900001, archive({"10.cf": rules(40)}), kind="sha256")
    done = host.run("--digest-only", "--url", "https://mirror.example", source=words)
    assert (done.returncode, done.stderr) == (UPDATED, "")
    assert "mirror.example/MIRRORED.BY" not in mirror.asked


def test_mirrors_that_do_not_work(host, network):
    mirror, words = network
    refused(host.run("--digest-only", source=words), FAILED, "no mirror works", "answers 404")
    (host.mirror / "MIRRORED.BY").write_text("# none\n")
    refused(host.run("--digest-only", source=words), FAILED, "names no mirror")
    (host.mirror / "MIRRORED.BY").unlink()
    refused(host.run("--digest-only", source=words), FAILED, "answers 404")
    refused(host.run("--digest-only", source=words[:-2]), FAILED, "certificate is refused")


def test_one_mirror_fails_and_another_is_asked(host, network):
    mirror, words = network
    publish(host.mirror / "good", 1900001, archive({"10.cf": rules(40)}))
    (host.mirror / "MIRRORED.BY").write_text(
        "http://mirror.example/bad weight=1000000\nhttp://mirror.example/good weight=1\n")
    done = host.run("--digest-only", source=words)
    assert (done.returncode, done.stderr) == (UPDATED, "")


def test_a_few_mirrors_are_tried(host, network):
    mirror, words = network
    (host.mirror / "MIRRORED.BY").write_text(
        "".join(f"http://mirror.example/bad{number}\n" for number in range(20)))
    refused(host.run("--digest-only", source=words), FAILED, "no mirror works")
    assert len(mirror.asked) == 1 + 5


def test_a_mirror_with_a_port_is_passed_over(host, network):
    _, words = network
    (host.mirror / "MIRRORED.BY").write_text("https://mirror.example:8443/\n")
    refused(host.run("--digest-only", source=words), FAILED, "names no mirror")
    refused(host.run("--digest-only", "--url", "https://mirror.example:8443", source=words), FAILED,
            "names a port")  # fmt: skip


def test_a_channel_has_one_deadline(host, network):
    """However many mirrors there are that take their time."""
    mirror, words = network
    mirror.delay = 1.5
    (host.mirror / "MIRRORED.BY").write_text(
        "".join(f"http://mirror.example/bad{number}\n" for number in range(20)))
    begin = time.monotonic()
    refused(host.run("--digest-only", "--timeout", 3, source=words), FAILED, "no mirror works")
    assert time.monotonic() - begin < 15 and len(mirror.asked) < 4


def test_of_two_at_once_one_fetches(host, network):
    mirror, words = network
    publish(host.mirror, 1900001, archive({"10.cf": rules(40)}))
    host.store.mkdir()
    with (host.store / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(host.run("--digest-only", source=words), FAILED, "another update is running")
    assert mirror.asked == []


def test_what_dns_says(host, network):
    _, words = network
    done = host.run("--channel", "empty.example", source=words)
    assert (done.returncode, done.stdout) == (NOTHING_NEW, "empty.example: nothing new\n")
    refused(host.run("--channel", "none.example", source=words), FAILED, "is it the name of a channel?")
    refused(host.run("--channel", "lost.example", source=words), FAILED, "DNS does not answer")


def test_several_channels_of_which_one_fails(host, network):
    _, words = network
    publish(host.mirror, 1900001, archive({"10.cf": rules(40)}))
    both = ("--channel", "none.example", "--channel", CHANNEL, "--digest-only")
    refused(host.run(*both, source=words), SOME_FAILED, "none.example: ")
    assert host.current()[0] == "1900001"
    refused(host.run(*both, source=words), FAILED, "none.example: ")
