#!/usr/bin/python3
"""Runs the DKIM and ARC suites through Postern, dkimpy, and Mail::DKIM, and prints where they differ.

    compare_dkim.py POSTERN CONFORMANCE [--list]

Exit status 1 if Postern is wrong anywhere, or if the differences are not those listed in
tests/oracles/expected_differences.json. --list prints the differences in the form of that file.
Run it in the root of the project.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

import dkim_suites

FOLDER = pathlib.Path(__file__).parent
PEERS = {
    "dkimpy": ["/usr/bin/python3", str(FOLDER / "dkimpy_verify.py")],  # Debian's, which has Debian's dkim
    "Mail::DKIM": ["/usr/bin/perl", str(FOLDER / "mail_dkim_verify.pl")],
}
KNOWN = pathlib.Path("tests/oracles/expected_differences.json")


def ask_peer(command, jobs):
    rows = [{**job, "message": base64.b64encode(job["message"]).decode()} for job in jobs]
    task = json.dumps({"now": dkim_suites.TEST_TIME, "jobs": rows})
    done = subprocess.run(command, input=task, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{command[-1]}: exit status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def ask_postern(postern, job, folder):
    message, zone = folder / "message.eml", folder / "zone.json"
    message.write_bytes(job["message"])
    zone.write_text(json.dumps({name: {"TXT": [text]} for name, text in job["dns"].items()}))
    done = subprocess.run([postern, "check", "--json", "--zone", zone, "--client-ip", "192.0.2.1", "--helo",
                           "mx.example.org", "--time", str(dkim_suites.TEST_TIME), message],
                          capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        return f"exit status {done.returncode}: {done.stderr.strip()}"
    verdict = json.loads(done.stdout)
    if job["kind"] == "arc":
        return verdict["arc"]["result"]
    return dkim_suites.plain("+".join(signature["result"] for signature in verdict["dkim"])) if verdict["dkim"] else "none"


def read_known(peer):
    known = {}
    for group in json.loads(KNOWN.read_text())[peer]:
        for name, theirs in group["cases"].items():
            if name in known:
                sys.exit(f"{KNOWN}: {name} is listed twice for {peer}")
            known[name] = (theirs, group["cause"])
    return known


def who_is_right(ours, theirs, expected, peer):
    right = [name for name, answer in (("Postern", ours), (peer, theirs)) if answer == expected]
    return f"{right[0]} is right" if right else "neither is right"


def surprise(ours, theirs, listed):
    if listed is None:
        return "" if ours == theirs else "not in expected_differences.json"
    if ours == theirs:
        return "listed in expected_differences.json, but there is no difference"
    return "" if theirs == listed[0] else f"expected_differences.json has the answer {listed[0]}"


def compare(peer, suite, jobs, ours, theirs, known):
    """Prints the differences on one suite. Returns whether all is as expected."""
    surprises, right, peer_right = 0, 0, 0
    for job in jobs:
        name, expected = job["id"], job["expected"]
        mine, other, listed = ours[name], theirs[name], known.pop(name, None)
        right += mine == expected
        peer_right += other == expected
        if mine != other or mine != expected:
            cause = f" ({listed[1]})" if listed else ""
            print(f"{name}: ours {mine}; {peer} {other}; expected {expected}; "
                  f"{who_is_right(mine, other, expected, peer)}{cause}")
        why = surprise(mine, other, listed)
        if why:
            surprises += 1
            print(f"surprise: {name}: {why}")
    print(f"{peer} agrees on {peer_right} of {len(jobs)} of {suite}; Postern on {right}; {surprises} surprises")
    return right == len(jobs) and surprises == 0


def main():
    postern, conformance = sys.argv[1:3]
    suites = dict(dkim_suites.read(conformance))
    jobs = [job for rows in suites.values() for job in rows]
    with tempfile.TemporaryDirectory() as folder:
        ours = {job["id"]: ask_postern(postern, job, pathlib.Path(folder)) for job in jobs}
    is_fine = True
    for peer, command in PEERS.items():
        theirs = ask_peer(command, jobs)
        if "--list" in sys.argv:
            print(json.dumps({peer: {name: theirs[name] for name in ours if ours[name] != theirs[name]}}, indent=1))
            continue
        known = read_known(peer)
        for suite, rows in suites.items():
            is_fine = compare(peer, suite, rows, ours, theirs, known) and is_fine
        for name in known:
            if name.split("/")[0] in suites:
                is_fine = False
                print(f"surprise: {name}: listed for {peer}, but no case of a suite")
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
