"""Where the programs are that the harness starts, and which Debian packages bring them."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]

# Program -> the Debian package that has it.
PACKAGES = {
    "/usr/sbin/nsd": "nsd",
    "/usr/sbin/postfix": "postfix",
    "/usr/sbin/dovecot": "dovecot-core",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
}


def missing_packages():
    """Names of the Debian packages whose programs are not here."""
    return sorted({package for path, package in PACKAGES.items() if not os.path.exists(path)})


def binary_directory():
    """Where our own programs are: $POSTERN_BIN, else build/dev/bin below the project root."""
    return pathlib.Path(os.environ.get("POSTERN_BIN") or ROOT / "build" / "dev" / "bin")


def for_everybody(directory, *names):
    """Where any user can start these programs of ours, even when the tree lies below /root: `directory`/bin then."""
    place = binary_directory().resolve()
    if os.getuid() != 0 or all(path.stat().st_mode & 0o1 for path in (place, *place.parents)):
        return place
    copies = directory / "bin"
    copies.mkdir(mode=0o755, exist_ok=True)
    for name in names:
        if not (copies / name).exists():
            shutil.copy2(place / name, copies / name)
    return copies


def conformance_directory():
    """Where the public suites are: $POSTERN_CONFORMANCE, else beside the project root."""
    given = os.environ.get("POSTERN_CONFORMANCE")
    path = pathlib.Path(given or "../shared/conformance")
    return path if path.is_absolute() else ROOT / path


def run(command, **options):
    """Runs a command to its end and returns its output; if it fails, RuntimeError holds that."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=options.pop("timeout", 60),
        check=False,
        **options,
    )
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise RuntimeError(f"{shutil.which(str(command[0])) or command[0]}: {text.strip()}")
    return text


def sanitizer_of(library):
    """The runtime of a sanitizer that a library of ours was built with, such as "libasan.so.8"; or ""."""
    needed = re.findall(r"\[(lib[at]san\.so\.\d+)\]", run(["readelf", "-d", library]))
    return needed[0] if needed else ""


def sanitizer_environment(library):
    """What a stock program needs to load a library of ours that was built with ASan; or nothing.

    Leaks are not looked for: those of the stock program would be found, too.
    """
    runtime = sanitizer_of(library)
    if not runtime:
        return {}
    path = run(["gcc", f"-print-file-name={runtime}"]).strip()
    return {"LD_PRELOAD": os.path.realpath(path), "ASAN_OPTIONS": "detect_leaks=0"}


def end_group(process, signal_number=signal.SIGTERM, timeout_seconds=5.0):
    """Ends a process started with start_new_session=True together with all its children."""
    for number, patience in ((signal_number, timeout_seconds), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue
    try:  # children that outlived their leader
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
