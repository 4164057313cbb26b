"""tools/spamc-agree: both servers are asked, and what differs is named with its cause."""

import os
import shutil
import subprocess
import sys

import pytest

from support import programs, spam_rules

sys.path.insert(0, str(programs.ROOT / "tools"))
from sa_agree import spamd  # noqa: E402

MESSAGE = "From: a@example.com\nSubject: {}\n\n{}\n"


def answer(line="A,B", status=0, score="Spam: False ; 1.0 / 5.0"):
    return spamd.Answer(line, status, score)


def test_equal_answers():
    assert spamd.compare("m", answer(), answer(), {}) == []
    assert spamd.compare("m", answer(""), answer(""), {}) == []


def test_a_rule_of_one_side_is_named_with_its_cause():
    other = answer("B,C", 1, "Spam: True ; 6.0 / 5.0")
    lines = spamd.compare("m", answer(), other, {"A": "known"})
    assert lines[0] == ("m: A: SpamAssassin only: known", True)
    assert lines[1] == ("m: C: ours only: no cause is known", False)
    assert not any(explained for _, explained in lines[2:]) and len(lines) == 4
    lines = spamd.compare("m", answer(), other, {"A": "known", "C": "known"})
    assert all(explained for _, explained in lines)


@pytest.mark.parametrize(
    "other",
    [answer("B,A"), answer(status=1), answer(score="Spam: False ; 1.1 / 5.0"), answer("")],
)
def test_whatever_else_differs_is_not_explained(other):
    lines = spamd.compare("m", answer(), other, {"C": "known"})
    assert lines and not any(explained for _, explained in lines)


def test_both_are_asked(tmp_path):
    if shutil.which("spamd", path="/usr/sbin:/usr/bin") is None or shutil.which("spamc") is None:
        pytest.skip("not installed: spamd, spamc")
    rules, site = tmp_path / "rules", tmp_path / "site"
    spam_rules.write(tmp_path)
    (site / "init.pre").write_text("loadplugin Mail::SpamAssassin::Plugin::Check\n")
    paths = []
    for number, (subject, body) in enumerate(
        (spam_rules.HAM, spam_rules.SPAM, spam_rules.GROSS_SPAM)
    ):
        paths.append(tmp_path / f"{number}.eml")
        paths[-1].write_text(MESSAGE.format(subject, body))
    listing = tmp_path / "list"
    listing.write_text("".join(f"{path}\n" for path in paths))
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    binary = programs.binary_directory() / "postern-milter"
    if not os.path.exists(binary):
        pytest.skip(f"not built: {binary}")
    done = subprocess.run(
        [programs.ROOT / "tools/spamc-agree", "--rules", rules, "--site", site, "--milter", binary,
         listing],
        capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("3 messages, 5 hits; the same line: 3, score: 3, exit status: 3")
