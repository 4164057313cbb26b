#!/usr/bin/python3
"""Stands for SpamAssassin and for postern check in the tests of tools/sa-agree: four rules.

FAKE_FAULT says what goes wrong as postern check, in messages that have the word "fragile": regex
(a rule is missed), inputs (the body is seen in another way), crash.
"""

import json
import os
import re
import sys

RULES = {
    "HELLO": {"type": "body", "score": 3.0, "scores": [3.0], "regex": "hello", "modifiers": "aa"},
    "SUBJECT": {"type": "header", "header": "Subject", "score": 2.5, "scores": [2.5],
                "regex": "free", "modifiers": "aai"},
    "BOTH": {"type": "meta", "score": 1.0, "scores": [1.0], "depends": ["HELLO", "SUBJECT"]},
    "ONLINE": {"type": "body", "score": 1.0, "scores": [0.0], "regex": "x", "modifiers": ""},
}  # fmt: skip


def judge(path, fault):
    """One result, right or not."""
    with open(path, "rb") as file:
        text = file.read().decode("latin-1")
    fault = fault if "fragile" in text else None
    if fault == "crash":
        sys.exit("broken by a message")
    head, _, body = text.partition("\n\n")
    subject = re.search(r"^Subject:[ \t]*(.*)$", head, re.M)
    seen = "" if fault == "inputs" else body
    values = {
        "HELLO": 0 if fault == "regex" else seen.count("hello"),
        "SUBJECT": int("free" in head.lower()),
    }
    values["BOTH"] = int(bool(values["HELLO"] and values["SUBJECT"]))
    hits = {name: value for name, value in values.items() if value}
    headers = {"Subject": [0, subject[1] + "\n"] if subject else None}
    score = sum(RULES[name]["score"] for name in hits)
    inputs = {"body": [[0, seen]], "headers": headers, "uris": []}
    return {"file": path, "score": score, "required": 5, "rules": hits, "inputs": inputs}


def main(words):
    if "--rules" in words:
        print(json.dumps(RULES))
    elif "--match" in words:
        for line in sys.stdin:
            rule, text = json.loads(line)
            print(int(re.search(RULES[rule]["regex"], text) is not None), flush=True)
    elif "--serve" in words:
        for line in sys.stdin:
            print(json.dumps(judge(line.rstrip("\n"), None)), flush=True)
    else:
        with open(words[words.index("--files-from") + 1], encoding="utf-8") as names:
            for line in names:
                print(
                    json.dumps(judge(line.rstrip("\n"), os.environ.get("FAKE_FAULT"))), flush=True
                )


if __name__ == "__main__":
    main(sys.argv[1:])
