"""postern rules: small rule files through the command."""

import json
import os
import pathlib
import subprocess

import pytest

POSTERN = pathlib.Path(os.environ["POSTERN_BIN"]) / "postern"

PRE = "loadplugin Mail::SpamAssassin::Plugin::HTMLEval\n"
GOOD = """header   HAS_X  exists:X-Foo
body     WORD   /word\\b/i
score    WORD   1.5 2 0.5 1
tflags   WORD   net
describe WORD   Has the word
meta     __BOTH HAS_X && WORD
"""
BAD = """body A /[x/
body B /x
frobnicate 1
header C eval:no_such_function()
if (version > 3)
"""


def run(*arguments):
    return subprocess.run([POSTERN, "rules", *map(str, arguments)], text=True,
                          capture_output=True, check=False)


def make_site(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text)
    return tmp_path


def test_good_rules_have_no_warning(tmp_path):
    site = make_site(tmp_path, init_pre=PRE)
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "10.cf").write_text(GOOD)
    (rules / "20.cf").write_text("score WORD 3\n")
    (rules / "note.txt").write_text("frobnicate\n")
    done = run("check", "--site", site, rules)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("3 files, 3 rules (1 of them only for other rules), 0 warnings\n")


def test_what_is_wrong_in_the_configuration_is_one_error_with_the_remedy(tmp_path):
    config = tmp_path / "postern.toml"
    for text, said in [
        ("[antispam]\nenabld = true\n", f"{config}:2: unknown parameter"),
        (f'[antispam]\nrules = "{tmp_path}/none"\n', f"antispam.rules: {tmp_path}/none is no dir"),
    ]:
        config.write_text(text)
        for command in ("check", "list"):
            done = run(command, "--config", config)
            assert (done.returncode, done.stdout) == (2, ""), done
            assert done.stderr.startswith("postern: " + said), done.stderr
            assert done.stderr.count("\n") == 1


def test_each_warning_names_file_and_line(tmp_path):
    site = make_site(tmp_path, init_pre=PRE, bad_cf=BAD)
    done = run("check", "--site", site, tmp_path / "bad.cf")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    place = f"{tmp_path}/bad.cf:"
    assert sorted(int(line.removeprefix(place).split(":")[0]) for line in lines[:-1]) == \
        [1, 2, 3, 4, 5]
    assert "A: its pattern is not understood" in "\n".join(lines)
    assert lines[-1].endswith("5 warnings (2 of them of rules that cannot run)")


def test_json(tmp_path):
    site = make_site(tmp_path, init_pre=PRE, bad_cf=BAD, good_cf=GOOD)
    done = run("check", "--json", "--site", site, tmp_path / "bad.cf")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert (answer["files"], answer["rules"], len(answer["warnings"])) == (2, 2, 5)
    assert answer["cannot_run"] == 2
    assert answer["warnings"][0]["file"] == str(tmp_path / "bad.cf")
    listed = json.loads(run("list", "--json", "--site", site, tmp_path / "good.cf").stdout)
    word = {rule["name"]: rule for rule in listed["rules"]}["WORD"]
    assert word["scores"] == [1.5, 2, 0.5, 1]
    assert (word["type"], word["flags"], word["line"]) == ("body", ["net"], 2)
    assert word["priority"] == -100


def test_list_for_people(tmp_path):
    site = make_site(tmp_path, init_pre=PRE, good_cf=GOOD)
    done = run("list", "--site", site, tmp_path / "good.cf")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["NAME", "HAS_X", "WORD", "__BOTH"]


NEVER = """full A eval:check_dcc()
meta LOOP_1 LOOP_2
meta LOOP_2 LOOP_1
header RBL eval:check_rbl('set', '$bad.example.')
body B /b/
"""


@pytest.fixture
def configured(tmp_path):
    """A configuration, and what the milter would load with it: (configuration, rules, site)."""
    rules, site = tmp_path / "rules", tmp_path / "site"
    rules.mkdir()
    site.mkdir()
    (site / "init.pre").write_text(PRE + "loadplugin Mail::SpamAssassin::Plugin::DNSEval\n"
                                   "loadplugin Mail::SpamAssassin::Plugin::DCC\n")
    (rules / "10.cf").write_text(GOOD)
    config = tmp_path / "postern.toml"
    config.write_text(f'[antispam]\nrules = "{rules}"\nsite = "{site}"\nscores = ["HAS_X=4"]\n')
    return config, rules, site


def test_what_the_milter_would_load(configured):
    config, rules, site = configured
    (site / "local.cf").write_text("body OURS /ours/\n")
    done = run("check", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 files, 4 rules ")
    listed = {rule["name"]: rule for rule in
              json.loads(run("list", "--json", "--config", config).stdout)["rules"]}  # fmt: skip
    assert set(listed) == {"HAS_X", "OURS", "WORD", "__BOTH"}
    assert listed["HAS_X"]["scores"] == [4, 4, 4, 4]
    assert listed["OURS"]["file"] == str(site / "local.cf")


def test_rules_that_cannot_run_are_named(configured):
    config, rules, _ = configured
    (rules / "20.cf").write_text(NEVER)
    done = run("check", "--json", "--config", config)
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    lines = {warning["line"]: warning["text"] for warning in answer["warnings"]}
    assert {warning["file"] for warning in answer["warnings"]} == {str(rules / "20.cf")}
    assert answer["cannot_run"] == 1 and "A never hits" in lines[1]
    assert set(lines) == {1, 2, 3}


def test_nothing_to_load(configured):
    config, rules, _ = configured
    (rules / "10.cf").unlink()
    done = run("check", "--config", config)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"postern: {rules}: holds no rules\n"
    config.write_text("[antispam]\nenabled = 7\n")
    done = run("list", "--config", config)
    assert done.returncode == 2 and f"{config}:2: " in done.stderr


def test_a_folder_of_rules_includes_nothing_else(configured):
    config, rules, site = configured
    (site / "more.cf").write_text(GOOD)
    (rules / "10.cf").write_text("body A /a/\ninclude ../site/more.cf\n")
    done = run("check", "--config", config)
    assert done.returncode == 1 and "lies outside of" in done.stdout


def test_included_files(tmp_path):
    site = make_site(tmp_path, main_cf="include more.cf\ninclude none.cf\n", more_cf=GOOD)
    done = run("check", "--site", site, tmp_path / "main.cf")
    assert done.returncode == 1
    assert f"{tmp_path}/main.cf:2: " in done.stdout
    assert "2 files, 3 rules" in done.stdout


def test_a_file_that_is_not_there(tmp_path):
    done = run("check", "--site", tmp_path, tmp_path / "none.cf")
    assert done.returncode == 2
    assert done.stderr.startswith(f"postern: {tmp_path}/none.cf: ")
    assert done.stdout == ""
