"""`postern av` and `postern check` with scanners, played by support/scanners.py."""

import json
import subprocess

import pytest

import milter_client
from support import milter
from support.scanners import Avscan, Clamd
from test_cli_check import SESSION, ZONE

STATUS = (b"status1 mode=full generation=main.cvd-7 loading=0 signatures=8700000 since=1700000000000 "
          b"children=2 busy=1 waiting=3 scanned=40 infected=4 unscannable=2 retried=1 cache_hits=9 "
          b"memory=1048576000")  # fmt: skip


def postern(*words, stdin=b""):
    command = [str(milter_client.require_program("postern")), *[str(word) for word in words]]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def avscan(tmp_path):
    with Avscan(tmp_path / "av.sock") as scanner:
        yield scanner
        assert not scanner.problems, scanner.problems


@pytest.fixture
def config(tmp_path, avscan):
    path = tmp_path / "postern.toml"
    path.write_text(milter.toml_text({
        "authserv_id": "mx.test.example",
        "antivirus": {"enabled": True, "scanners": [avscan.address], "timeout": "2s",
                      "max_size": "10KiB"},
        "scanner": {"socket": str(avscan.path)},
    }))  # fmt: skip
    return path


def files(tmp_path, **contents):
    for name, octets in contents.items():
        (tmp_path / name).write_bytes(octets)
    return [tmp_path / name for name in contents]


def test_scan(tmp_path, avscan, config):
    good, bad, locked, large = files(tmp_path, good=b"x", bad=b"-test-infected-",
                                     locked=b"-test-encrypted-", large=b"x" * 20000)  # fmt: skip
    status, out, err = postern("av", "scan", good, "--config", config)
    assert (status, out, err) == (0, f"{good}: clean\n", "")
    assert avscan.requests == [[("attachment", 1)]]
    status, out, err = postern("av", "scan", good, bad, locked, large, "--config", config)
    assert status == 1 and err == ""
    assert out.splitlines() == [
        f"{good}: clean", f"{bad}: infected Test.Virus.UNOFFICIAL",
        f"{locked}: encrypted Heuristics.Encrypted.Zip", f"{large}: unscannable over antivirus.max_size",
    ]  # fmt: skip
    status, out, err = postern("av", "scan", "-", "--message", "--config", config,
                               stdin=b"Subject: x\n\n-test-infected-")  # fmt: skip
    assert (status, out) == (1, "-: infected Test.Virus.UNOFFICIAL\n")
    assert avscan.requests[-1][0][0] == "message"


def test_scan_json(tmp_path, avscan, config):
    good, bad = files(tmp_path, good=b"x", bad=b"-test-infected-")
    status, out, err = postern("av", "scan", good, bad, "--json", "--config", config)
    assert status == 1 and out.count("\n") == 1 and err == ""
    first, second = json.loads(out)["files"]
    assert (first["file"], first["result"], first["name"]) == (str(good), "clean", "")
    assert (second["result"], second["name"]) == ("infected", "Test.Virus.UNOFFICIAL")
    assert second["scanner"] == avscan.address and second["signatures"] == "test-1"


def test_scan_without_an_answer(tmp_path, avscan, config):
    (good,) = files(tmp_path, good=b"x")
    status, out, _ = postern("av", "scan", tmp_path / "missing", "--config", config)
    assert status == 2 and "no answer" in out and "missing" in out
    avscan.stop()
    status, out, _ = postern("av", "scan", good, "--config", config)
    assert status == 2 and "no such file" in out and avscan.address in out, out
    avscan.start()
    avscan.mode = "silent"
    status, out, _ = postern("av", "scan", good, "--config", config)
    assert status == 2 and "no answer in time" in out, out


def test_names_are_shown_safely(tmp_path, avscan, config):
    avscan.answer = lambda outcomes: avscan.format([("infected", "%1b%5b2J%0aX")])
    (bad,) = files(tmp_path, **{"a\x1b[2J\nb": b"x"})
    _, out, _ = postern("av", "scan", bad, "--config", config)
    assert out.count("\n") == 1 and "\x1b" not in out, out


def test_scan_with_clamd(tmp_path, config):
    with Clamd() as clamd:
        config.write_text(milter.toml_text({"antivirus": {"scanners": [clamd.address]}}))
        good, bad = files(tmp_path, good=b"x", bad=b"-test-infected-")
        status, out, _ = postern("av", "scan", good, bad, "--config", config)
        assert status == 1 and out.splitlines()[1].endswith("infected Test.Virus.UNOFFICIAL")


class Supervisor(Avscan):
    """Answers control requests with `reply`."""

    reply = STATUS

    def _one(self, connection):
        asked = connection.recv(65536)
        if not asked:
            return False
        self.asked = asked
        connection.sendall(self.reply)
        return True


@pytest.fixture
def supervisor(tmp_path, config):
    with Supervisor(tmp_path / "control.sock") as running:
        config.write_text(milter.toml_text({"scanner": {"socket": str(running.path)}}))
        yield running


def test_status(supervisor, config):
    status, out, err = postern("av", "status", "--config", config)
    assert (status, err, supervisor.asked) == (0, "", b"status1")
    for words in ("everything", "8700000, generation main.cvd-7", "1000 MiB", "2, of which 1 scan",
                  "3 messages wait", "40 scanned, 4 infected, 2 unscannable, 1 tried twice"):  # fmt: skip
        assert words in out, (words, out)
    status, out, _ = postern("av", "status", "--json", "--config", config)
    told = json.loads(out)
    assert status == 0 and told["generation"] == "main.cvd-7" and told["scanned"] == 40


def test_status_without_signatures(supervisor, config):
    supervisor.reply = b"status1 mode=off problem=no%20signatures%0a loading=1"
    status, out, err = postern("av", "status", "--config", config)
    assert status == 1 and "no signatures\\x0a" in out and "short of memory" in out, (out, err)


@pytest.mark.parametrize("reply", [
    b"status1 mode=full loading=1",  # the first load
    b"status1 mode=full generation=g signatures=1 children=0 problem=no%20process"])
def test_status_where_nothing_can_be_scanned(supervisor, config, reply):
    supervisor.reply = reply
    status, out, err = postern("av", "status", "--config", config)
    assert (status, err) == (1, ""), out


def test_reload(supervisor, config):
    supervisor.reply = b"reloaded1 generation=g2 signatures=5"
    status, out, _ = postern("av", "reload", "--config", config)
    assert (status, out) == (0, "5 signatures in use, generation g2\n")
    assert supervisor.asked == b"reload1"
    supervisor.reply = b"reloaded1 problem=/var/lib/clamav:%20no%20signatures"
    status, _, err = postern("av", "reload", "--config", config)
    assert status == 1 and "/var/lib/clamav: no signatures" in err


@pytest.mark.parametrize("command", ["status", "reload"])
def test_control_of_nobody(supervisor, config, command):
    supervisor.reply = b"status7 whatever"
    status, _, err = postern("av", command, "--config", config)
    assert status == 1 and "another version" in err
    supervisor.stop()
    status, _, err = postern("av", command, "--config", config)
    assert status == 1 and str(supervisor.path) in err and "is it running" in err, err


def check(tmp_path, config, body, *more):
    (tmp_path / "zone.json").write_text(json.dumps(ZONE))
    status, out, err = postern("check", "-", "--zone", tmp_path / "zone.json", "--config", config,
                               *(more or SESSION), stdin=milter_client.message(body=body))  # fmt: skip
    assert status == 0, err
    return out, err


def test_check_scans(tmp_path, avscan, config):
    out, _ = check(tmp_path, config, b"Hello\r\n", *SESSION, "--json")
    assert json.loads(out)["antivirus"]["result"] == "clean"
    out, _ = check(tmp_path, config, b"-test-infected-\r\n", *SESSION, "--json")
    told = json.loads(out)
    assert told["antivirus"]["name"] == "Test.Virus.UNOFFICIAL" and told["action"] == "reject"
    assert told["reply"].startswith("550 5.7.1 ")
    out, _ = check(tmp_path, config, b"-test-infected-\r\n")
    assert "virus      infected: Test.Virus.UNOFFICIAL" in out
    out, _ = check(tmp_path, config, b"-test-infected-\r\n", "--login", "a@attack.example", "--json")
    assert json.loads(out)["action"] == "reject"


def test_check_without_scanner(tmp_path, avscan, config):
    avscan.stop()
    out, err = check(tmp_path, config, b"Hello\r\n")
    assert "virus      temperror: no such file" in out and avscan.address in err
    assert "action     defer" in out
