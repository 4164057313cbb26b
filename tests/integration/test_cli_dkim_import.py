"""`postern dkim import`: the keys of OpenDKIM and rspamd."""

import pathlib
import shutil
import subprocess

import pytest

import milter_client
from support.dkim_keys import Keys


@pytest.fixture
def keys(tmp_path):
    milter_client.require_program("postern")
    return Keys(tmp_path)


def openssl(path, command, *words):
    if not shutil.which("openssl"):
        pytest.skip("not installed: apt-get install openssl")
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", command, "-out", path, *words], check=True, capture_output=True, timeout=60)


def make_rsa(path, bits=2048):
    openssl(path, "genrsa", "-traditional", str(bits))


def make_ed25519(path):
    openssl(path, "genpkey", "-algorithm", "ed25519")


def test_import_opendkim_by_its_configuration(keys, tmp_path):
    make_rsa(tmp_path / "k/a.private")
    make_rsa(tmp_path / "k/b.example/s.private")
    make_rsa(tmp_path / "k/small.private", 512)
    (tmp_path / "k/bad.private").write_text("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n")
    (tmp_path / "KeyTable").write_text(
        f"a._domainkey.a.example a.example:2020:{tmp_path}/k/a.private\n"
        f"any %:s:{tmp_path}/k/%/s.private\n"
        f"small c.example:s:{tmp_path}/k/small.private\n"
        f"bad d.example:s:{tmp_path}/k/bad.private\n"
        f"gone e.example:s:{tmp_path}/k/gone.private\n"
        f"unused f.example:s:{tmp_path}/k/a.private\n")  # fmt: skip
    (tmp_path / "SigningTable").write_text(
        "*@a.example a._domainkey.a.example\n*@b.example any\n*@c.example small\n"
        "*@d.example bad\n*@e.example gone\n")  # fmt: skip
    (tmp_path / "opendkim.conf").write_text(
        f"Syslog yes\nKeyTable {tmp_path}/KeyTable\nSigningTable refile:{tmp_path}/SigningTable\n")
    status, out, err = keys.run("import", "opendkim", tmp_path / "opendkim.conf")
    assert status == 0, err
    listed = {(key["domain"], key["selector"]): key for key in keys.json("list")["keys"]}
    assert {place: key["state"] for place, key in listed.items()} == {
        ("a.example", "2020"): "active", ("b.example", "s"): "active"}  # fmt: skip
    warnings = err.splitlines()
    assert len(warnings) == 4 and all(w.startswith("postern: warning: ") for w in warnings), err
    assert f"{tmp_path}/KeyTable:6" in warnings[0] and "left out" in warnings[0]
    assert "KeyTable:3" in warnings[1] and "512" in warnings[1]
    assert "KeyTable:4" in warnings[2] and "c2VjcmV0" not in err
    assert "KeyTable:5" in warnings[3] and "No such file" in warnings[3]
    assert "postern dkim check" in out and "OpenDKIM" in out
    public = subprocess.run(["openssl", "rsa", "-in", tmp_path / "k/a.private", "-pubout"],
                            check=True, capture_output=True, text=True).stdout  # fmt: skip
    pem = "".join(line for line in public.splitlines() if not line.startswith("-"))
    assert listed[("a.example", "2020")]["record"] == "v=DKIM1; k=rsa; p=" + pem

    # Once more: nothing changes.
    before = (keys.path / "keys.json").read_text()
    status, out, err = keys.run("import", "opendkim", tmp_path / "KeyTable", tmp_path / "SigningTable")
    assert status == 0 and "2 keys are here already" in out
    assert (keys.path / "keys.json").read_text() == before


def test_import_opendkim_with_one_key(keys, tmp_path):
    make_rsa(tmp_path / "mail.private")
    (tmp_path / "domains").write_text("a.example\nb.example\n")
    (tmp_path / "opendkim.conf").write_text(
        f"Domain {tmp_path}/domains\nSelector mail\nKeyFile {tmp_path}/mail.private\n")
    assert keys.json("import", "opendkim", tmp_path / "opendkim.conf", "--pending")["imported"]
    assert {key["domain"]: key["state"] for key in keys.json("list")["keys"]} == {
        "a.example": "pending", "b.example": "pending"}  # fmt: skip


def test_import_rspamd(keys, tmp_path):
    make_rsa(tmp_path / "rspamd/a.example.dkim.key")
    make_ed25519(tmp_path / "rspamd/a.example.ed.key")
    make_rsa(tmp_path / "rspamd/b.example.dkim.key")
    make_rsa(tmp_path / "rspamd/second.key")
    (tmp_path / "pattern.conf").write_text(f'path = "{tmp_path}/rspamd/$domain.$selector.key";\n')
    assert [(key["domain"], key["selector"]) for key in
            keys.json("import", "rspamd", tmp_path / "pattern.conf")["imported"]] == [
        ("a.example", "dkim"), ("b.example", "dkim")]  # fmt: skip
    (tmp_path / "blocks.conf").write_text(
        "use_redis = true;\ndomain {\n a.example {\n  selectors [\n"
        f'   {{ path: "{tmp_path}/rspamd/a.example.ed.key"; selector: "ed" }},\n'
        f'   {{ path: "{tmp_path}/rspamd/second.key"; selector: "second" }}\n  ]\n }}\n}}\n')
    status, out, err = keys.run("import", "rspamd", tmp_path / "blocks.conf")
    assert status == 0
    assert f"{tmp_path}/blocks.conf:1: use_redis" in err and "second does not sign, since dkim does" in err
    states = {(k["domain"], k["selector"]): (k["type"], k["state"]) for k in keys.json("list")["keys"]}
    assert states == {("a.example", "dkim"): ("rsa", "active"), ("b.example", "dkim"): ("rsa", "active"),
                      ("a.example", "ed"): ("ed25519", "active"),
                      ("a.example", "second"): ("rsa", "retired")}  # fmt: skip
    (tmp_path / "maps.conf").write_text(
        f'path = "{tmp_path}/rspamd/second.key";\nselector_map = "file://{tmp_path}/s.map";\n')
    (tmp_path / "s.map").write_text("c.example one\n")
    assert keys.json("import", "rspamd", tmp_path / "maps.conf")["imported"][0]["domain"] == "c.example"


def test_import_of_nothing(keys, tmp_path):
    (tmp_path / "x.conf").write_text("domain { a.example { path = /nowhere/x; } }\n")
    status, out, err = keys.run("import", "rspamd", tmp_path / "x.conf")
    assert (status, out) == (1, "") and err.splitlines()[-1] == "postern: no key could be imported"
    assert "/nowhere/x: No such file" in err
    (tmp_path / "x.conf").write_text("domain {\n")
    assert keys.refused("import", "rspamd", tmp_path / "x.conf") == f"{tmp_path}/x.conf:2: ends inside a block"
    assert "No such file" in keys.refused("import", "opendkim", tmp_path / "none")
    (tmp_path / "SigningTable").write_text("*@a.example a\n")
    assert "neither an opendkim.conf nor a KeyTable" in keys.refused(
        "import", "opendkim", tmp_path / "SigningTable")  # fmt: skip
    assert not pathlib.Path(keys.path / "keys.json").exists()
