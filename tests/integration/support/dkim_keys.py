"""A key directory and `postern dkim` on it, with DNS from a file and a clock that is given."""

import json
import subprocess

import milter_client

NOW = 1795305600  # 2026-11-22
DAY = 86400
HOUR = 3600


class Keys:
    """One key directory, its zone, and the command on it."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "dkim"
        self.zone = folder / "zone.json"
        self.publish({})

    def run(self, *words, time=NOW):
        """(exit status, standard output, standard error)"""
        binary = milter_client.require_program("postern")
        command = [binary, "dkim", *words, "--keys", self.path, "--time", time]
        if words[0] in ("rotate", "check", "activate"):
            command += ["--zone", self.zone]
        done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60,
                              check=False, text=True)  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def ok(self, *words, time=NOW):
        status, out, err = self.run(*words, time=time)
        assert (status, err) == (0, ""), (words, out, err)
        return out

    def refused(self, *words, time=NOW):
        status, out, err = self.run(*words, time=time)
        assert (status, out) == (1, "") and err.count("\n") == 1, (words, out, err)
        assert err.startswith("postern: ")
        return err.removeprefix("postern: ").rstrip("\n")

    def json(self, *words, time=NOW):
        out = self.ok(*words, "--json", time=time)
        assert out.count("\n") == 1
        return json.loads(out)

    def list(self):
        return {key["selector"]: key for key in self.json("list")["keys"]}

    def states(self):
        return {selector: key["state"] for selector, key in self.list().items()}

    def publish(self, zone):
        self.zone.write_text(json.dumps(zone))

    def publish_all(self):
        self.publish({key["name"]: {"TXT": [key["record"]]} for key in self.list().values()})
