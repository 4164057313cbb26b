#!/usr/bin/python3
"""Verifies jobs with dkimpy: {"now": ..., "jobs": [...]} on standard input, {id: answer} on standard output."""

import base64
import json
import sys
import time

import dkim


def lookup(dns):
    records = {name.lower(): text.encode() for name, text in dns.items()}

    def get_txt(name, timeout=None):
        key = name.decode() if isinstance(name, bytes) else name
        return records.get(key.rstrip(".").lower())
    return get_txt


def verify_signatures(message, get_txt):
    verifier = dkim.DKIM(message)
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    answers = []
    for index in range(count):
        try:
            answers.append("pass" if verifier.verify(idx=index, dnsfunc=get_txt) else "no")
        except Exception:  # of any kind: dkimpy has several for a signature that is not right
            answers.append("no")
    return "+".join(answers) or "none"


def verify(job):
    message = base64.b64decode(job["message"])
    get_txt = lookup(job["dns"])
    try:
        if job["kind"] == "arc":
            status = dkim.arc_verify(message, dnsfunc=get_txt)[0]
            return status.decode() if status else "no status"
        return verify_signatures(message, get_txt)
    except Exception as error:
        return f"refused ({type(error).__name__})"


def main():
    task = json.load(sys.stdin)
    time.time = lambda: task["now"]  # dkimpy compares t= and x= with the clock
    json.dump({job["id"]: verify(job) for job in task["jobs"]}, sys.stdout)


if __name__ == "__main__":
    main()
