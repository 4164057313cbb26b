#!/usr/bin/env python3
"""Checks that C++ sources are formatted as .clang-format says; with --fix, formats them.

clang-format 14 decides, as Debian 12 has it; where only another version is installed the check says
"skipped:", since versions differ in details.
"""

import pathlib
import shutil
import subprocess
import sys

FOLDERS = ["lib", "milters", "policy-daemon", "dovecot-plugins", "cli", "tests", "tools", "fuzz", "bench"]


def main():
    program = shutil.which("clang-format-14")
    if not program:
        print("skipped: clang-format-14 is not installed")
        return 0
    files = [str(p) for folder in FOLDERS for p in sorted(pathlib.Path(folder).rglob("*.[ch]pp"))]
    mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror"]
    return subprocess.run([program, *mode, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
