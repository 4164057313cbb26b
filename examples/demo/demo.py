#!/usr/bin/python3
"""Sends real messages through a private Postfix with postern-milter and shows what becomes of them.

    demo.py [--bin DIR] [--stay]

Started by examples/demo/run, which installs and builds what is needed. Everything runs below one
directory in /var/tmp, on loopback ports that are free, and is gone at the end. The exit status is 0
when every message fared as EXPECTED says.
"""

import argparse
import dataclasses
import os
import pathlib
import shutil
import signal
import sys
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
sys.dont_write_bytecode = True


@dataclasses.dataclass(frozen=True)
class Row:
    """What one message must come to; "|" joins results between which there is a choice."""

    spf: str
    dkim: str
    arc: str
    dmarc: str
    place: str
    why: str


EXPECTED = {
    "aligned and signed": Row("pass", "pass", "none", "pass", "inbox",
                              "the author's own host, RSA and Ed25519 signatures"),
    "forwarded": Row("fail", "pass", "none", "pass", "inbox",
                     "forwarding breaks SPF; the signature survives"),
    "list, trusted sealer": Row("pass", "fail", "pass", "fail", "inbox",
                                "a list broke the signature; its ARC seal is trusted here"),
    "list, unknown sealer": Row("pass", "fail", "pass", "fail", "rejected",
                                "the same, sealed by somebody we do not trust"),
    "spoofed, p=reject": Row("pass", "pass", "none", "fail", "rejected",
                             "SPF and DKIM pass, but for attack.example"),
    "spoofed, p=quarantine": Row("pass", "none", "none", "fail", "inbox",
                                 "delivered with a mark that Sieve can act on"),
    "two From fields": Row("pass", "pass", "none", "fail|permerror", "rejected",
                           "which author would the reader see?"),
    "forged results": Row("pass", "none", "none", "none", "inbox",
                          "fields that claim to be ours are removed"),
    "expired signature": Row("pass", "fail|policy|neutral|permerror", "none", "pass", "inbox",
                             "x= is over; SPF still speaks for the author"),
    "broken body": Row("fail", "fail", "none", "fail", "rejected",
                       "changed on the way: 10 euro became 99"),
    "null sender": Row("pass", "pass", "none", "pass", "inbox",
                       "a bounce: SPF looks at HELO"),
}

LAYOUT = "{:<22} {:<5} {:<10} {:<5} {:<10} {:<9} {:<9} {:>4}  {}"


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="examples/demo/run",
        description="Real mail through a private Postfix, Dovecot and postern-milter.")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin",
                        help="directory with postern-milter")
    parser.add_argument("--stay", action="store_true",
                        help="keep everything running until Ctrl-C, and say how to use it")
    return parser.parse_args()


def paint(text, good):
    """Green or red on a terminal, plain elsewhere."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{32 if good else 31}m{text}\033[0m"


def short(result):
    return {"temperror": "temperr", "permerror": "permerr", "": "-"}.get(result, result)


def duration(text):
    """Milliseconds of a log line for the table; the log has whole ones."""
    if not text:
        return "-"
    return str(round(float(text))) if float(text) >= 1 else "<1"


def differences(row, outcome, results):
    """What is not as expected, in words; an empty list is good."""
    found = []
    for method, wanted in (("spf", row.spf), ("dkim", row.dkim), ("arc", row.arc),
                           ("dmarc", row.dmarc)):
        actual = results[method] or "none"
        if actual not in wanted.split("|"):
            found.append(f"{method} is not {wanted}")
    if outcome.place != row.place:
        found.append(f"not {row.place}")
    delivered = outcome.results
    if outcome.raw and delivered.field_count != 1:
        found.append(f"{delivered.field_count} results fields of ours")
    if outcome.raw and delivered.of("dmarc") != results["dmarc"]:
        found.append(f"header says dmarc={delivered.of('dmarc')}")
    if b"X-Postern-Verdict: ham" in outcome.raw:
        found.append("forged field is still there")
    return found


def run_letters(host, keys):
    """Sends every message, prints a line for each, and returns how many were not as expected."""
    from support import authres, scenario

    print(LAYOUT.format("message", "SPF", "DKIM", "ARC", "DMARC", "answer", "now", "ms", "ok?"))
    wrong = 0
    for name, build in scenario.LETTERS.items():
        letter = build(keys)
        outcome = host.deliver(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
        methods = ("spf", "dkim", "arc", "dmarc")
        results = {method: authres.logged_result(outcome.event, method) for method in methods}
        found = differences(EXPECTED[name], outcome, results)
        wrong += bool(found)
        milliseconds = duration(outcome.event.get("ms"))
        code = str(outcome.reply.code) + " " + outcome.reply.text.split(" ")[0]
        verdict = paint("DIFFERS", False) if found else paint("ok", True)
        print(LAYOUT.format(name, *(short(results[m]) for m in methods), code[:9], outcome.place,
                            milliseconds, verdict))
        print("  " + EXPECTED[name].why)
        for line in textwrap.wrap("; ".join(found), 100):
            print("  " + paint("> " + line, False))
        sys.stdout.flush()
    return wrong


def show_usage(host):
    """Where everything is, for somebody who wants to try things by hand."""
    from support import imap
    from support.mailhost import ALICE, BOB

    smtp, submission = host.postfix.smtp_port, host.postfix.submission_port
    imap_port = host.dovecot.imap_port
    print(f"""
Running until Ctrl-C in {host.directory}
  SMTP        127.0.0.1:{smtp}    choose your address with 127.0.0.N (66 is the attacker's)
  submission  127.0.0.1:{submission}    STARTTLS, login {ALICE} or {BOB}, password {imap.PASSWORD}
  IMAP        127.0.0.1:{imap_port}    same logins
  daemon      {host.milter.config_path}   reload: kill -USR1 {host.milter.pid}
  its log     tail -f {host.milter.log_path}
  Postfix log tail -f {host.postfix.log_path}

  swaks --server 127.0.0.1:{smtp} --local-interface 127.0.0.66 --to {ALICE} \\
        --from mallory@attack.example --header 'From: ann@author.example'
  openssl s_client -starttls smtp -quiet -connect 127.0.0.1:{submission}
  curl -s --user {ALICE}:{imap.PASSWORD} 'imap://127.0.0.1:{imap_port}/INBOX;MAILINDEX=1'""")
    sys.stdout.flush()


def check_conditions(binary):
    """Ends the program with one sentence when something is missing."""
    from support import programs

    if os.geteuid() != 0:
        sys.exit("demo: run this as root: Postfix and Dovecot start as root and drop privileges")
    missing = programs.missing_packages()
    if missing:
        sys.exit("demo: not installed: " + " ".join(missing) + " (examples/demo/run installs them)")
    if not (binary / "postern-milter").exists():
        sys.exit(f"demo: no {binary}/postern-milter (examples/demo/run builds it)")
    if shutil.disk_usage("/var/tmp").free < 100 * 2**20:
        sys.exit("demo: less than 100 MB free in /var/tmp")


def raise_interrupt(*_):
    raise KeyboardInterrupt


def wait_for_interrupt():
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nStopping.")


def main():
    arguments = parse_arguments()
    binary = arguments.bin.resolve()
    try:
        import cryptography  # noqa: F401
        import dkim  # noqa: F401
    except ImportError as error:
        sys.exit(f"demo: {error}; use /usr/bin/python3 and apt-get install python3-dkim "
                 "python3-cryptography")
    os.environ["POSTERN_BIN"] = str(binary)
    check_conditions(binary)
    from support import mailhost, scenario

    signal.signal(signal.SIGTERM, raise_interrupt)
    signal.signal(signal.SIGHUP, raise_interrupt)
    begin = time.monotonic()
    keys = scenario.Keys()
    with mailhost.MailHost(keys.zone(), scenario.SETTINGS) as host:
        print(f"DNS, postern-milter, Dovecot and Postfix are up on loopback "
              f"({time.monotonic() - begin:.1f} s).\n")
        wrong = run_letters(host, keys)
        total = len(scenario.LETTERS)
        if wrong:
            print(paint(f"\n{wrong} of {total} messages did not fare as expected.", False))
            if not arguments.stay:
                print("The daemon's log:\n" + host.milter.log()[-3000:])
        else:
            print(paint(f"\nAll {total} messages fared as expected.", True))
        if arguments.stay:
            show_usage(host)
            wait_for_interrupt()
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        sys.exit(130)
    except (RuntimeError, TimeoutError, OSError) as error:
        sys.exit(f"demo: {error}")
