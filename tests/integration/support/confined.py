"""Runs a program under the system call filter that systemd would make of a unit.

Where systemd answers EPERM, the process is killed here: what is denied cannot be overlooked. Run as a
program:  confined.py UNIT [--without CALL]... -- PROGRAM [WORD]...
"""

import os
import pathlib
import re
import subprocess
import sys

import seccomp

WRITE, EXECUTE, SHM_EXECUTE = 2, 4, 0o100000
NEW_NAMESPACES = 0x7E020080
SET_ID_BITS = 0o6000
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
# What other settings take away.
TAKEN_BY = {"ProtectClock": "@clock", "ProtectKernelModules": "@module", "ProtectKernelLogs": "syslog",
            "PrivateDevices": "@raw-io"}  # fmt: skip
ONLY_ORDINARY_POLICIES = [0, 1, 2, 3, 5]  # SCHED_OTHER ... SCHED_IDLE; see RestrictRealtime=
MODE_ARGUMENT = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "mkdir": 1, "mkdirat": 2}


def values(unit, key):
    text = pathlib.Path(unit).read_text()
    return re.findall(rf"^{key}=(.*)$", text, re.M)


def read_sets():
    """{name of a set: what is in it} as this systemd has them."""
    done = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], check=True,
                          capture_output=True, text=True)  # fmt: skip
    sets, current = {}, None
    for line in done.stdout.splitlines():
        if line.startswith("@"):
            current = sets.setdefault(line.strip(), [])
        elif current is not None and line.startswith("    ") and not line.strip().startswith("#"):
            current.append(line.strip())
    return sets


def expand(word, sets):
    if not word.startswith("@"):
        return {word.split(":")[0]}
    return set().union(*(expand(inner, sets) for inner in sets[word]))


def allowed_calls(unit):
    """Names of the calls that SystemCallFilter= leaves, as systemd.exec(5) has it for a list that begins with
    what is allowed."""
    sets = read_sets()
    calls = expand("@default", sets)
    for line in values(unit, "SystemCallFilter"):
        words = set().union(*(expand(word, sets) for word in line.lstrip("~").split()))
        calls = calls - words if line.startswith("~") else calls | words
    for key, what in TAKEN_BY.items():
        if values(unit, key) == ["yes"]:
            calls -= expand(what, sets)
    return calls


def argument_rules(unit):
    """{call: [conditions on arguments under one of which it is allowed]}"""
    arg, equal, masked = seccomp.Arg, seccomp.EQ, seccomp.MASKED_EQ
    rules = {}
    families = values(unit, "RestrictAddressFamilies")
    if families:
        rules["socket"] = [[arg(0, equal, FAMILIES[name])] for name in families[0].split()]
    if values(unit, "MemoryDenyWriteExecute") == ["yes"]:
        rules["mmap"] = [[arg(2, masked, EXECUTE, 0)], [arg(2, masked, EXECUTE | WRITE, EXECUTE)]]
        rules["mprotect"] = rules["pkey_mprotect"] = [[arg(2, masked, EXECUTE, 0)]]
        rules["shmat"] = [[arg(2, masked, SHM_EXECUTE, 0)]]
    if values(unit, "RestrictNamespaces") == ["yes"]:
        rules["clone"] = [[arg(0, masked, NEW_NAMESPACES, 0)]]
        rules["unshare"] = [[arg(0, masked, NEW_NAMESPACES, 0)]]
        rules["setns"] = []
    if values(unit, "RestrictRealtime") == ["yes"]:
        rules["sched_setscheduler"] = [[arg(1, equal, policy)] for policy in ONLY_ORDINARY_POLICIES]
    if values(unit, "RestrictSUIDSGID") == ["yes"]:
        for call, at in MODE_ARGUMENT.items():
            rules[call] = [[arg(at, masked, SET_ID_BITS, 0)]]
    if values(unit, "LockPersonality") == ["yes"]:
        rules["personality"] = [[arg(0, equal, 0)], [arg(0, equal, 0xFFFFFFFF)]]
    return rules


def make_filter(unit, without=()):
    confinement = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    rules = argument_rules(unit)
    for call in sorted(allowed_calls(unit) - set(without)):
        if call == "clone3" and values(unit, "RestrictNamespaces"):
            confinement.add_rule(seccomp.ERRNO(38), call)  # its flags cannot be seen: ENOSYS
            continue
        for conditions in rules.get(call, [[]]):
            try:
                confinement.add_rule(seccomp.ALLOW, call, *conditions)
            except RuntimeError:  # not a call of this architecture, or too new
                break
    return confinement


def main(words):
    end = words.index("--")
    unit, without = words[0], [word for word in words[1:end] if word != "--without"]
    confinement = make_filter(unit, without)
    confinement.load()
    os.execv(words[end + 1], words[end + 1 :])


if __name__ == "__main__":
    main(sys.argv[1:])
