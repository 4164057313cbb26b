"""What bench/av-run compares: postern-milter with postern-avscan, and clamav-milter with clamd."""

import pathlib
import sys

import daemons

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from support import av_signatures, avscan, milter  # noqa: E402

EICAR = av_signatures.EICAR
MIB = 1024 * 1024
# The same for both: what is unpacked, and what is said of it.
MAX_SCAN_SIZE, MAX_FILE_SIZE, MAX_RECURSION, MAX_FILES = 100 * MIB, 50 * MIB, 17, 5000

CLAMD = f"""\
Foreground yes
LocalSocket {{socket}}
DatabaseDirectory {{database}}
TemporaryDirectory {{temporary}}
MaxThreads 12
StreamMaxLength {MAX_FILE_SIZE}
MaxScanSize {MAX_SCAN_SIZE}
MaxFileSize {MAX_FILE_SIZE}
MaxRecursion {MAX_RECURSION}
MaxFiles {MAX_FILES}
AlertEncrypted yes
AlertOLE2Macros yes
AlertExceedsMax yes
"""
CLAMAV_MILTER = f"""\
Foreground yes
MilterSocket {{milter}}
ClamdSocket unix:{{socket}}
TemporaryDirectory {{temporary}}
MaxFileSize {MAX_FILE_SIZE}
OnClean Accept
OnInfected Reject
OnFail Defer
AddHeader Replace
"""


class Postern:
    """Two scanning processes, as is the default."""

    name = "postern"

    def __init__(self, places, temporary):
        self._places = places
        self._scanner = avscan.Avscan(
            places.directory / self.name, {
                "children": 2, "temporary_directory": temporary,
                "max_scan_size": f"{MAX_SCAN_SIZE}B", "max_file_size": f"{MAX_FILE_SIZE}B",
                "max_recursion": MAX_RECURSION, "max_files": MAX_FILES, "check_interval": "10s",
                "database": places.directory / "database",
            }, binary=places.own("postern-avscan"))  # fmt: skip
        self._milter = None

    def missing(self):
        names = ("postern-milter", "postern-avscan", "postern-avscan-engine")
        absent = [name for name in names if not pathlib.Path(self._places.own(name)).exists()]
        return f"{' and '.join(absent)} not built in {self._places.binaries}" if absent else None

    def start(self):
        self._scanner.start()
        endpoint = daemons.Endpoint(path=str(self._places.directory / f"{self.name}.sock"))
        settings = {
            "mode": "enforce", "authserv_id": daemons.AUTHSERV_ID, "local_networks": [],
            "milter": {"socket": endpoint.libmilter}, **avscan.OFF, **avscan.NO_DNS,
            "antivirus": {"enabled": True, "scanners": [self._scanner.address]},
        }  # fmt: skip
        config = self._places.write(f"{self.name}.toml", milter.toml_text(settings))
        command = [self._places.own("postern-milter"), "--config", config]
        self._milter = daemons.Daemon(self.name, command, self._places.directory, endpoint)
        self._milter.wait_until_listening()

    def stop(self):
        if self._milter is not None:
            self._milter.terminate()
            self._milter.kill()
        self._scanner.stop()

    @property
    def address(self):
        return self._milter.address

    @property
    def pids(self):
        return [self._milter.pid, self._scanner.pid]

    def scanner_memory(self):
        """Of the supervisor, the engine, and its children."""
        return self._scanner.memory()

    def memory(self):
        return avscan.memory_of(
            [pid for top in self.pids for pid in (top, *avscan.descendants(top))])

    def log(self):
        return self._milter.log_tail() + "\n" + self._scanner.log()[-1000:]


class Clamav:
    """clamd and clamav-milter of the distribution, with as many threads as its clamd.conf has."""

    name = "clamav"

    def __init__(self, places, temporary):
        self._places, self._temporary, self._daemons = places, temporary, []

    def missing(self):
        packages = {"clamd": "clamav-daemon", "clamav-milter": "clamav-milter"}
        absent = [package for name, package in packages.items() if not daemons.find_program(name)]
        return f"not installed: apt install {' '.join(absent)}" if absent else None

    def start(self):
        directory = self._places.directory
        socket = directory / "clamd.sock"
        config = self._places.write("clamd.conf", CLAMD.format(
            socket=socket, database=directory / "database", temporary=self._temporary))  # fmt: skip
        scanner = daemons.Daemon("clamd", [daemons.find_program("clamd"), "-c", config], directory,
                                 daemons.Endpoint(path=str(socket)))  # fmt: skip
        self._daemons.append(scanner)
        scanner.wait_until_listening()
        endpoint = daemons.Endpoint(path=str(directory / "clamav-milter.sock"))
        config = self._places.write("clamav-milter.conf", CLAMAV_MILTER.format(
            milter=endpoint.libmilter, socket=socket, temporary=self._temporary))  # fmt: skip
        front = daemons.Daemon("clamav-milter", [daemons.find_program("clamav-milter"), "-c", config],
                               directory, endpoint)  # fmt: skip
        self._daemons.append(front)
        front.wait_until_listening()

    def stop(self):
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in reversed(self._daemons):
            daemon.kill()

    @property
    def address(self):
        return self._daemons[1].address

    @property
    def pids(self):
        return [daemon.pid for daemon in self._daemons]

    def scanner_memory(self):
        return self.memory()

    def memory(self):
        return avscan.memory_of(self.pids)

    def log(self):
        return "\n".join(daemon.log_tail() for daemon in self._daemons)


def write_database(directory, count):
    """One signature of each kind, and so many that match nothing."""
    av_signatures.make(directory)
    av_signatures.filler(directory, count)
