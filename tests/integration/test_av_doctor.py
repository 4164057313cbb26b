"""What postern doctor says of a scanner that runs, and of one that does not."""

import json
import os
import subprocess
import time

from milter_client import require_program
from support import av_signatures, milter
from test_av_daemon import scanner  # noqa: F401


def doctor(config):
    """Severity and text of what postern doctor finds of the scanner, by subject."""
    command = [require_program("postern"), "doctor", "--only", "scanner", "--offline", "--json", "--config", config]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=60)
    found = json.loads(done.stdout)["findings"]
    return done.returncode, {one["subject"]: (one["severity"], one["text"], one["remedy"]) for one in found}


def test_the_doctor_looks_after_the_scanner(scanner, tmp_path):
    config = tmp_path / "postern.toml"
    config.write_text(milter.toml_text({
        "antivirus": {"enabled": True, "scanners": [scanner.address]},
        "scanner": {"database": str(scanner.database)}}))  # fmt: skip
    with scanner:
        status, found = doctor(config)
        assert (status, found[scanner.address][0], found["signatures"][0]) == (0, "ok", "ok")
        assert found[scanner.address][1] == f"finds the EICAR test file: {av_signatures.NAMES['eicar']}"
        for file in scanner.database.iterdir():
            os.utime(file, (0, time.time() - 30 * 86400))
        status, found = doctor(config)
        assert status == 1
        assert found["signatures"][:2] == ("warning", "are 30 days old: nobody fetches new ones")
        assert "clamav-freshclam" in found["signatures"][2]
    status, found = doctor(config)
    assert status == 2 and found[scanner.address][0] == "error"
    assert found[scanner.address][1].startswith("gives no answer: ")
    assert "postern-avscan" in found[scanner.address][2]
    config.write_text("")
    status, found = doctor(config)
    assert (status, found["antivirus"][0]) == (0, "skipped")
