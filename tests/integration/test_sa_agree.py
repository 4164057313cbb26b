"""tools/sa-agree and tools/sa-oracle: a difference is named in its layer, and made small."""

import gzip
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

import pytest

from support import programs

TOOLS = programs.ROOT / "tools"
FAKE = pathlib.Path(__file__).parent / "support" / "fake_spam_engine.py"
MESSAGE = "Subject: {subject}\n\n{body}\n"

sys.path.insert(0, str(TOOLS))
from sa_agree import comparison, minimise, mutations, perl_regex, sampler, tally  # noqa: E402


def agree(*words, fault=None, oracle=FAKE):
    """Runs tools/sa-agree between the two faces of the fake engine."""
    environment = {**os.environ, **({"FAKE_FAULT": fault} if fault else {})}
    command = [
        str(TOOLS / "sa-agree"),
        "--oracle",
        str(oracle),
        "--postern",
        str(FAKE),
        *map(str, words),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=environment
    )


@pytest.fixture
def messages(tmp_path):
    """A list of four messages, of which one is fragile."""
    texts = [
        ("Free", "hello"),
        ("Free", "a fragile hello"),
        ("Dinner", "hello, hello"),
        ("Dinner", "at eight"),
    ]
    paths = []
    for number, (subject, body) in enumerate(texts):
        paths.append(tmp_path / f"{number}.eml")
        paths[-1].write_text(MESSAGE.format(subject=subject, body=body))
    listing = tmp_path / "messages.list"
    listing.write_text("".join(f"{path}\n" for path in paths))
    return listing


def test_equal_engines_are_within_bounds(messages):
    done = agree("--live", messages)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 messages, 4 the same" in done.stdout
    assert done.stdout.endswith("within bounds\n")


@pytest.mark.parametrize(
    ("fault", "layer", "because"), [("regex", "regex", {}), ("inputs", "inputs", {"body": 1})]
)
def test_a_difference_belongs_to_the_layer_of_its_cause(messages, fault, layer, because):
    done = agree("--live", "--json", messages, fault=fault)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["rules"]["HELLO"]["layers"] == {layer: 1}
    assert report["rules"]["HELLO"]["because"] == because
    assert report["rules"]["BOTH"]["layers"] == {"meta": 1}
    assert report["rules"]["BOTH"]["because"] == {"HELLO": 1}
    assert report["layers"][layer] == {"differ": 1, "first": 1}


def test_rules_scores_and_verdicts_are_counted(messages):
    report = json.loads(agree("--live", "--json", messages, fault="regex").stdout)
    hello = report["rules"]["HELLO"]
    assert (hello["both"], hello["only_sa"], hello["only_ours"], hello["counts"]) == (2, 1, 0, 0)
    assert hello["weight"] == 3.0
    assert hello["kappa"] == pytest.approx(0.5)
    assert (report["pairs"], report["same"]) == (7, 5)
    assert report["score"]["max"] == 4.0
    assert [flip[1:3] for flip in report["flips"]] == [[6.5, 2.5]]


def test_a_known_difference_is_a_difference_within_bounds():
    rules = {"SHAKY": {"type": "body", "score": 9.0}}
    for known, problems in (({}, 2), ({"SHAKY": "depends on the order of a hash"}, 0)):
        counted = tally.Tally(rules, known)
        for number in range(2000):
            sa = {"file": str(number), "score": 9.0, "rules": {"SHAKY": 1}}
            ours = {**sa, "score": 0.0, "rules": {}} if number == 7 else sa
            counted.add(sa, ours)
        assert len(counted.beyond_bounds()) == problems
        assert counted.counts["SHAKY"].differing == 1


def test_a_body_that_evals_have_changed_is_compared_with_ours():
    rule = {"SEEN": {"type": "body", "score": 1.0}}
    sa = {"file": "a", "score": 1.0, "rules": {"SEEN": 1}}
    sa["inputs"] = {"body": [[0, "x@y.example"]], "body_after": [[0, " "]]}
    for changed, layer in (({}, "inputs"), ({"body_after": [[0, " "]]}, "regex")):
        ours = {"file": "a", "score": 0.0, "rules": {}}
        ours["inputs"] = {"body": sa["inputs"]["body"], **changed}
        assert comparison.compare(sa, ours, rule).rules[0].layer == layer


def test_one_rule_alone(messages):
    report = json.loads(
        agree("--live", "--json", "--only", "SUBJECT", messages, fault="regex").stdout
    )
    assert list(report["rules"]) == ["SUBJECT"]


def test_results_are_read_from_files_in_any_order(messages, tmp_path):
    lines = subprocess.run(
        [str(FAKE), "--files-from", str(messages)], capture_output=True, check=True
    ).stdout.splitlines()
    golden, ours = tmp_path / "golden.jsonl.gz", tmp_path / "ours.jsonl"
    golden.write_bytes(gzip.compress(b"\n".join(lines)))
    ours.write_bytes(b"\n".join(reversed(lines)))
    assert agree(golden, ours).returncode == 0
    assert agree(golden).returncode == 0
    ours.write_bytes(b"\n".join(lines[1:]))
    done = agree(golden, ours)
    assert done.returncode == 1
    assert "0.eml: ours has no result" in done.stdout


def test_a_crash_of_ours_is_told_and_the_rest_is_compared(messages):
    done = agree("--live", messages, fault="crash")
    assert done.returncode == 1
    assert "1.eml: ours: exit status 1: broken by a message" in done.stdout
    assert "beyond bounds: 1 messages without two results" in done.stdout
    assert "4 messages, 3 the same" in done.stdout


def test_an_absent_program_is_refused(messages):
    done = agree("--live", "--postern", "/nowhere/postern", messages)
    assert done.returncode == 2
    assert (
        "/nowhere/postern: No such file or directory; name the program by --postern" in done.stderr
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"{", "golden.jsonl:1: no JSON"),
     (b'{"score": 1}', 'golden.jsonl:1: no result of a message, which has "file"'),
     (b'{"file": "x"}', 'golden.jsonl:1: a result has "score" and "rules"')],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(tmp_path, content, complaint):
    golden = tmp_path / "golden.jsonl"
    golden.write_bytes(content)
    done = agree(golden, golden)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_read_is_refused(tmp_path):
    for words in (["nowhere.jsonl", "nowhere.jsonl"], ["--live", "nowhere.list"],
                  ["--mutate", "1", "--out", tmp_path, "nowhere.list"]):  # fmt: skip
        done = agree(*words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "nowhere" in done.stderr
        assert "Traceback" not in done.stderr


def test_inputs_of_one_message_are_shown(messages):
    message = messages.read_text().splitlines()[1]
    done = agree("--show", message, fault="inputs")
    assert "== body" in done.stdout
    assert "-0: bytes 'a fragile hello'\\n" in done.stdout
    assert "rule HELLO: SpamAssassin 1, ours 0" in done.stdout


def test_differences_of_damaged_messages_are_made_small(messages, tmp_path):
    listing = tmp_path / "one.list"
    listing.write_text(messages.read_text().splitlines()[1] + "\n")
    done = agree(
        "--mutate", "30", "--seed", "5", "--out", tmp_path / "mutants", listing, fault="regex"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    small = (tmp_path / "mutants" / "smallest-regex-HELLO.eml").read_bytes()
    assert sorted(re.findall(rb"hello|fragile", small)) == [b"fragile", b"hello"]
    assert len(small) == len(b"\n\nhellofragile")


def test_damage_is_the_same_for_the_same_seed():
    text = MESSAGE.format(subject="Free", body="hello\n" * 20).encode()
    for name, way in mutations.WAYS.items():
        assert way(random.Random(7), text) == way(random.Random(7), text), name
        for seed in range(50):
            way(random.Random(seed), text)
            way(random.Random(seed), b"")


def test_minimising_keeps_to_its_budget():
    asked = []

    def first_of(texts):
        asked.extend(texts)
        return next((i for i, text in enumerate(texts) if b"x" in text), None)

    assert minimise.minimise(b"line\n" * 500 + b"x\n" + b"line\n" * 500, first_of, 1000) == b"x"
    asked.clear()
    minimise.minimise(b"line x\n" * 500, first_of, 3)
    assert len(asked) <= 3


@pytest.mark.parametrize("pattern", [
    r"abc", r"a|bc|d", r"[a-c\d]{3,5}x", r"[^a-z]+", r"(?i)he(l)\1o", r"\bword\b", r"a{2}b?c*d+",
    r"^x(?:y|z)$", r"\x41\x{42}\103", r"[\042\223]{2}", r"(?<n>ab)-\g{1}", r"a.c", r"[]a-]+",
    r"(?s-i:.)b", r"\$\.\[", r"[[:alpha:]]{4}", r"x{a}", r"(?#none)q", r"a++b", r"a*?b",
])  # fmt: skip
def test_strings_match_the_regex_they_were_made_from(pattern):
    parser = perl_regex.Parser(pattern)
    source = sampler.Sampler(parser.tree, parser.names, random.Random(1))
    python = (
        pattern.replace(r"\g{1}", r"(?P=n)")
        .replace("(?<n>", "(?P<n>")
        .replace("++", "+")
        .replace(r"\x{42}", "B")
    )
    python = (
        python.replace("[[:alpha:]]", "[A-Za-z]")
        .replace("x{a}", r"x\{a\}")
        .replace("(?s-i:", "(?s:")
    )
    for _ in range(50):
        assert re.search(python.encode(), source.sample()), pattern


@pytest.mark.parametrize(
    "pattern", [r"(a", r"a)", r"\p{L}", r"[[:nonsense:]]", r"\x{2019}", "a\\"]
)
def test_a_regex_that_is_not_understood_is_said_to_be_so(pattern):
    with pytest.raises(perl_regex.Unsupported):
        perl_regex.Parser(pattern)


def test_messages_are_made_for_rules(tmp_path):
    done = agree("--generate", "--out", tmp_path / "made")
    assert done.returncode == 0, done.stderr
    assert "3 regex rules, 1 reached" in done.stdout
    unreached = (tmp_path / "made" / "unreached.tsv").read_text()
    assert (
        "HELLO\tbody\ta string that matches was found, but no message" in unreached
    )  # the fake decodes no base64
    assert (tmp_path / "made" / "scores.cf").read_text() == "score ONLINE 0.001\n"
    assert (tmp_path / "made" / "messages.list").read_text() == f"{tmp_path}/made/SUBJECT.eml\n"


# --- SpamAssassin itself -------------------------------------------------------------------------

RULES = r"""
body __BODY /\bbuy (?:now|today), \w{5}\b/i
body __LATIN /caf\xe9/
header __SUBJECT Subject =~ /^Re: .{3,5} win/
header __NAME From:name =~ /bank/i
header __ADDR Reply-To:addr =~ /\@evil\.example$/
header __NONE X-Absent !~ /./
header __THERE exists:X-There
header __RELAY X-Spam-Relays-External =~ /^[^\]]+ rdns=dsl-\d+\.example\.org helo=/
header __ALL ALL =~ /^X-Odd-[a-f]{4}: /m
rawbody __RAW /<!-- {2,}\w+ -->/
uri __URI /\/unsubscribe\?id=\d{6}/
full __FULL /^X-[A-Z]{6}: /m
body __OFF /never/
score __OFF 0
meta VISIBLE __BODY && __SUBJECT
score VISIBLE 2.5
mimeheader __MIME Content-Type =~ /name="\w+\.exe"/
"""


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    """tools/sa-oracle with the few rules above instead of the stock ones."""
    if not shutil.which("spamassassin"):
        pytest.skip("not installed: apt-get install spamassassin")
    folder = tmp_path_factory.mktemp("rules")
    (folder / "50_test.cf").write_text(RULES, encoding="latin-1")
    program = folder / "oracle"
    program.write_text(f'#!/bin/sh\nexec {TOOLS}/sa-oracle --rules-dir {folder} "$@"\n')
    program.chmod(0o755)
    return program


def test_every_kind_of_rule_is_reached(oracle, tmp_path):
    done = agree("--generate", "--out", tmp_path, oracle=oracle)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "unreached.tsv").read_text() == ""
    assert (tmp_path / "scores.cf").read_text() == "score __OFF 0.001\n"


def test_spamassassin_tells_rules_and_inputs(oracle, tmp_path):
    message = tmp_path / "message.eml"
    message.write_bytes(
        b"Received: from a.example ([192.0.2.1]) by mx.example.net (Postfix) with ESMTP id 1;\n"
        b" Mon, 30 Nov 2026 12:00:00 +0000\nSubject: Re: you win\n"
        b"Content-Type: text/html; charset=utf-8\n\n"
        b"<p title=x>Buy today, \xe2\x82\xac and <a href=http://a.example/>hello</a>\n"
    )
    listing = tmp_path / "list"
    listing.write_text(f"{message}\n{tmp_path}/absent\n")
    out = tmp_path / "out.jsonl.gz"
    subprocess.run(
        [oracle, "--inputs", "--processes", "2", listing, out], check=True, capture_output=True
    )
    result, absent = [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]
    assert result["rules"]["__SUBJECT"] == 1
    assert result["required"] == 5
    seen = result["inputs"]
    assert seen["body"][0] == [0, "Re: you win\n"]
    assert any("Buy today, \xe2\x82\xac and hello" in text for _, text in seen["body"])
    assert seen["headers"]["Reply-To:addr"] is None
    assert [1, "http://a.example/"] in seen["uris"] or [0, "http://a.example/"] in seen["uris"]
    assert "ip=192.0.2.1" in seen["relays"]["X-Spam-Relays-External"][1]
    assert seen["html"][0]["inside"]["p"] == 1
    assert seen["mime"] == [
        [
            0,
            "text/html",
            "text/html",
            None,
            [0, "utf-8"],
            len(message.read_bytes().split(b"\n\n", 1)[1]),
        ]
    ]
    assert absent == {"error": "No such file or directory", "file": f"{tmp_path}/absent"}


def test_the_oracle_refuses_what_it_cannot_use(oracle, tmp_path):
    for words, complaint in ((["absent", "out"], "sa-oracle: absent: No such file"),
                             (["--site", "/absent", "--serve"], "/absent: no such folder"),
                             (["--serve", "list", "out"], "tools/sa-oracle [OPTIONS] LIST OUT"),
                             (["--nonsense"], "Unknown option: nonsense")):  # fmt: skip
        done = subprocess.run(
            [oracle, *words], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode != 0
        assert complaint in done.stderr, words
