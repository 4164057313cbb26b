"""Both judges as one interface: paths of messages in, one result for each out, in their order."""

import json
import os
import pathlib
import subprocess
import tempfile

from . import records

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOPELESS = 5  # processes that end without a single result, one after the other
ORACLE = [str(ROOT / "tools" / "sa-oracle")]


class Oracle:
    """SpamAssassin, kept running: loading its rules takes seconds, one message a tenth of one."""

    def __init__(self, command=None, options=()):
        self.command = [*(command or ORACLE), *options, "--serve"]
        self.process = None

    def judge(self, paths):
        """Each path's result."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        results = []
        for path in paths:
            self.process.stdin.write(os.fsencode(str(path)) + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            if not line:
                raise records.Unusable(
                    f"{self.command[0]}: ended at {path}, exit status {self.process.wait()}"
                )
            results.append(records.parse(line, f"{self.command[0]}: {path}"))
        return results

    def close(self):
        """Ends the server."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Ours:
    """postern check: one process for all paths of a call."""

    def __init__(self, command, options=(), inputs=True):
        self.command = [
            *command,
            "check",
            "--rules-json",
            "--eager",
            *(["--inputs"] if inputs else []),
            *options,
        ]

    def judge(self, paths):
        """Each path's result; where the process fails, that is the result, and it goes on behind."""
        rest, found, in_vain = [str(path) for path in paths], {}, 0
        order = list(rest)
        while rest and in_vain < HOPELESS:
            results, why = self._ask(rest)
            in_vain = 0 if results else in_vain + 1
            found.update(results)
            rest = [path for path in rest if path not in found]
            if rest:
                found[rest[0]] = {"file": rest[0], "error": why}
                rest = rest[1:]
        return [found.get(path, {"file": path, "error": why}) for path in order]

    def _ask(self, paths):
        """(the results that came, why no more did)."""
        with tempfile.NamedTemporaryFile("w", errors="surrogateescape") as listing:
            listing.write("".join(f"{path}\n" for path in paths))
            listing.flush()
            done = self._run(listing.name)
        results = {}
        for number, line in enumerate(done.stdout.splitlines(), 1):
            try:
                result = records.parse(line, f"{self.command[0]}: line {number}")
            except records.Unusable:
                if done.returncode == 0:
                    raise
                break  # cut off as the process ended
            results[result["file"]] = result
        said = done.stderr.decode("utf-8", "replace").strip() or "no line about this message"
        return results, f"exit status {done.returncode}: {said}"

    def _run(self, listing):
        try:
            return subprocess.run(
                [*self.command, "--files-from", listing], capture_output=True, check=False
            )
        except OSError as problem:
            raise records.Unusable(
                f"{self.command[0]}: {problem.strerror}; name the program by --postern"
            ) from problem


def load_rules(path=None, command=None, options=()):
    """What SpamAssassin knows of its rules, {NAME: {type, …}}: from a file or asked anew."""
    if path:
        try:
            return json.loads(pathlib.Path(path).read_text())
        except (OSError, ValueError) as problem:
            raise records.Unusable(
                f"{path}: {problem}; tools/sa-oracle --rules makes this file"
            ) from problem
    done = subprocess.run(
        [*(command or ORACLE), *options, "--rules"], capture_output=True, check=False
    )
    if done.returncode:
        raise records.Unusable(
            f"tools/sa-oracle --rules: {done.stderr.decode(errors='replace').strip()}"
        )
    return json.loads(done.stdout)
