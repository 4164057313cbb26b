"""The units that are installed, read from their templates in packaging/systemd."""

import configparser
import re

from . import programs

PACKAGING = programs.ROOT / "packaging"
FOLDER = PACKAGING / "systemd"


def names():
    """Names of all units, as installed."""
    return sorted(path.name.removesuffix(".in") for path in FOLDER.iterdir())


def template(name):
    path = FOLDER / f"{name}.in"
    return path if path.exists() else FOLDER / name


def text(name):
    """The unit, which starts the programs of this build instead of those installed."""
    return re.sub(r"@CMAKE_INSTALL_FULL_S?BINDIR@", str(programs.binary_directory()),
                  template(name).read_text())  # fmt: skip


def write(name, folder):
    """The unit as a file in a folder."""
    path = folder / name
    path.write_text(text(name))
    return path


def values(name):
    """What [Service] says; of keys that are there more than once the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(text(name))
    return parser["Service"]


def lists(name, key):
    """Every value of a key that may be there more than once, in order."""
    return re.findall(rf"^{key}=(.*)$", text(name), re.M)


def directories(name):
    """{path: (mode, user, group)} of a file in tmpfiles.d."""
    lines = (PACKAGING / "tmpfiles.d" / name).read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith("d ")]
    return {path: (mode, user, group) for _, path, mode, user, group, _ in rows}
