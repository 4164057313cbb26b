"""The DKIM and ARC suites as one list of jobs for every verifier."""

import json
import pathlib

TEST_TIME = 1795000000  # seconds since the epoch; signatures of the suites are valid then
EXPECTATIONS = pathlib.Path("tests/vectors/dkim/opendkim_expectations.json")


def job(name, kind, message, dns, expected):
    """expected: "pass", "no+pass", ... of the DKIM signatures from the top; "pass", "fail", "none" of ARC."""
    return {"id": name, "kind": kind, "message": message, "dns": dns, "expected": expected}


def plain(result):
    """Each result as pass or no: what all verifiers can be asked. A message without signature is none."""
    return "+".join(word if word in ("pass", "none") else "no" for word in result.split("+"))


def with_crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def rfc_examples(folder):
    suite = json.loads((folder / "cases.json").read_text())
    for row in suite["cases"]:
        count = max(1, len(row["dkimpy"]))  # one entry per signature
        yield job("dkim-rfc/" + row["file"], "dkim", (folder / row["file"]).read_bytes(), suite["dns"],
                  "+".join([row["expect"]] * count))


def opendkim_messages(folder):
    dns = dict(line.split(" ", 1) for line in (folder / "dns.txt").read_text().splitlines() if " " in line)
    expectations = json.loads(EXPECTATIONS.read_text())
    assert expectations["now"] == TEST_TIME
    for row in json.loads((folder / "cases.json").read_text()):
        if row["id"] in expectations["left_out"]:
            continue
        yield job("dkim-opendkim/" + row["id"], "dkim", (folder / "verify" / row["file"]).read_bytes(), dns,
                  plain(expectations["results"][row["id"]]["result"]))


def arc_messages(folder):
    for scenario in json.loads((folder / "arc-draft-validation-tests.json").read_text()):
        for row in scenario["tests"]:
            # A seal that says cv=fail has no status in the suite: the chain is failed.
            yield job("arc/" + row["id"], "arc", with_crlf(row["message"]), scenario["txt-records"],
                      row["cv"].lower() or "fail")


SUITES = {"dkim-rfc": rfc_examples, "dkim-opendkim": opendkim_messages, "arc": arc_messages}


def read(conformance):
    """Yields (name of the suite, its jobs); prints "skipped:" for a suite that is not there."""
    for name, jobs in SUITES.items():
        folder = pathlib.Path(conformance) / name
        if folder.is_dir():
            yield name, list(jobs(folder))
        else:
            print(f"skipped: {name} not found")
