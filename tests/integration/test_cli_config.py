"""`postern config`: what is in force and where it comes from, and mistakes told with file and line."""

import re
import subprocess

import pytest

import milter_client


def postern_config(command, file):
    binary = milter_client.require_program("postern")
    done = subprocess.run([binary, "config", command, "--config", file], capture_output=True,
                          timeout=30, check=False, text=True)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def shown(file):
    """{parameter: (value, origin)} as printed by `config show`."""
    status, out, err = postern_config("show", file)
    assert (status, err) == (0, "")
    rows = [re.fullmatch(r"([a-z0-9_.]+) = (.+?)  # (.+)", line) for line in out.splitlines()]
    assert all(rows), out
    return {row[1]: (row[2], row[3]) for row in rows}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "postern.toml"
    path.write_text('authserv_id = "mx.example.org"\n')
    return path


def test_show_prints_every_parameter_with_its_default(tmp_path):
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    rows = shown(empty)
    assert {origin for _, origin in rows.values()} == {"default"}
    expected = {"mode": '"observe"', "milter.fail": '"tempfail"', "dns.budget": '"5s"',
                "dkim.max_signatures": "10", "spf.max_terms": "10", "spf.max_void_lookups": "2",
                "limits.header_fields": "10000", "mime.enabled": "false",
                "dmarc.fail": '"accept"', "arc.trusted_sealers": "[]"}  # fmt: skip
    assert {name: rows[name][0] for name in expected} == expected


def test_show_can_be_read_back(tmp_path, file):
    """What is shown is a configuration with the same values."""
    rows = shown(file)
    again = tmp_path / "again.toml"
    again.write_text("".join(f"{name} = {value}\n" for name, (value, _) in rows.items()))
    assert {name: value for name, (value, _) in shown(again).items()} == {
        name: value for name, (value, _) in rows.items()
    }


def test_show_names_the_origin_of_each_value(tmp_path, file):
    file.write_text('authserv_id = "mx.example.org"\nmode = "enforce"\n\n[dns]\nbudget = "3s"\n')
    drop_ins = tmp_path / "postern.d"
    drop_ins.mkdir()
    (drop_ins / "20-b.toml").write_text('[dns]\n\nbudget = "2s"\n')
    (drop_ins / "10-a.toml").write_text('[dns]\nbudget = "1s"\ntimeout = "1s"\n')
    (drop_ins / "30-c.toml.bak").write_text('mode = "observe"\n')
    rows = shown(file)
    assert rows["authserv_id"] == ('"mx.example.org"', f"{file}:1")
    assert rows["mode"] == ('"enforce"', f"{file}:2")
    assert rows["dns.budget"] == ('"2s"', f"{drop_ins}/20-b.toml:3")  # the last one by name
    assert rows["dns.timeout"] == ('"1s"', f"{drop_ins}/10-a.toml:3")
    assert rows["dns.dnssec"] == ("false", "default")


def test_check_says_ok_in_one_line(file):
    status, out, err = postern_config("check", file)
    assert (status, err) == (0, "")
    assert out == f"{file}: ok, 1 parameters set, mode observe, authserv_id mx.example.org\n"


MISTAKES = {
    "unknown key": ('mdoe = "enforce"', 1, r"mdoe.*nearest one is mode"),
    "unknown key in a section": ("[dkim]\nmax_signature = 3", 2, r"max_signature\b.*nearest one is dkim\.max_signatures"),
    "section misspelt": ("[dmrac]\nenabled = false", 2, r"dmrac\.enabled.*nearest one is dmarc\.enabled"),
    "nothing near": ("[x]\nwhatever = 1", 2, r"x\.whatever"),
    "word for a flag": ('[spf]\nenabled = "yes"', 2, r"spf\.enabled: is neither true nor false"),
    "flag for a word": ("mode = true", 1, r'mode: is neither "observe" nor "enforce"'),
    "wrong word": ('[milter]\nfail = "reject"', 2, r'milter\.fail: is neither "accept" nor "tempfail"'),
    "number for a duration": ("[dns]\n\nbudget = 5", 3, r'dns\.budget: is not a duration such as "5s"'),
    "duration without a unit": ('[dns]\nbudget = "5"', 2, r'dns\.budget: is not a duration such as "5s"'),
    "duration too long": ('[dns]\nbudget = "999999d"', 2, r"dns\.budget: is too large"),
    "number for a size": ("[limits]\nheader_size = 1000", 2, r'is not a size such as "64KiB"'),
    "negative number": ("[dkim]\nmax_signatures = -1", 2, r"whole number from 0 to 4294967295"),
    "huge number": ("[dkim]\nmax_signatures = 4294967296", 2, r"whole number from 0 to 4294967295"),
    "text for a list": ('local_networks = "10.0.0.0/8"', 1, r"local_networks: "),
    "bad network": ('local_networks = ["10.0.0.0/40"]', 1, r"local_networks: "),
    "bad domain": ('[dmarc]\nexceptions = ["a b"]', 2, r"dmarc\.exceptions: "),
    "float": ("[dkim]\nmax_signatures = 1.5", 2, r"whole number"),
    "no TOML": ('mode = "enforce', 1, r"."),
    "twice": ('mode = "observe"\nmode = "enforce"', 2, r"mode"),
    "nested": ("[dns.more]\nx = 1", 2, r"unknown parameter \"dns.more.x\""),
    "bad id": ('authserv_id = "a b"', 1, r"authserv_id: is no domain name"),
}


@pytest.mark.parametrize("command", ["check", "show"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_what_would_be_right(tmp_path, mistake, command):
    text, line, pattern = MISTAKES[mistake]
    path = tmp_path / "postern.toml"
    path.write_text(text + "\n")
    status, out, err = postern_config(command, path)
    assert (status, out) == (1, ""), (out, err)
    assert len(err.splitlines()) == 1, err
    assert err.startswith(f"postern: {path}:{line}: "), err
    assert re.search(pattern, err), err


def test_a_mistake_in_a_drop_in_names_the_drop_in(tmp_path, file):
    (tmp_path / "postern.d").mkdir()
    (tmp_path / "postern.d" / "a.toml").write_text("\n\nmodes = 1\n")
    status, _, err = postern_config("check", file)
    assert status == 1 and err.startswith(f"postern: {tmp_path}/postern.d/a.toml:3: "), err


def test_a_file_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "missing.toml", tmp_path):
        status, out, err = postern_config("check", path)
        assert (status, out) == (1, "") and "cannot be read" in err, err
    big = tmp_path / "big.toml"
    big.write_bytes(b"# x\n" * 5_000_000)
    status, _, err = postern_config("check", big)
    assert status == 1 and "larger than" in err
