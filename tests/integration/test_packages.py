"""The sources of the Debian packages agree with the tree, and what they install works by itself."""

import fnmatch
import json
import re
import shutil
import subprocess

import pytest

from milter_client import require_program
from support import programs, units

DEBIAN = units.PACKAGING / "debian"
DAEMONS = [name.removesuffix(".service") for name in units.names()
           if name.endswith(".service") and units.values(name)["Type"] == "notify"]  # fmt: skip


def read_control():
    """[fields of each paragraph of debian/control]"""
    paragraphs = []
    for text in re.split(r"\n\n+", (DEBIAN / "control").read_text().strip()):
        text = re.sub(r"\n ", " ", text)
        paragraphs.append(dict(line.split(": ", 1) for line in text.splitlines()))
    return paragraphs


def names_in(field):
    """Names of packages in a field such as Depends."""
    return {re.match(r"[\w.+-]+", name.strip())[0] for name in re.split(r"[,|]", field)
            if not name.strip().startswith("$")}  # fmt: skip


def installed_by():
    """{pattern of a path below debian/tmp: package}"""
    unit_directory = ("${env:UNIT_DIR}", "usr/lib/systemd/system")
    return {line.replace(*unit_directory): path.name.removesuffix(".install")
            for path in DEBIAN.glob("*.install") for line in path.read_text().split()}  # fmt: skip


def package_of(path):
    found = [package for pattern, package in installed_by().items()
             if fnmatch.fnmatch(path, pattern) or path.startswith(pattern + "/")]  # fmt: skip
    assert len(found) == 1, (path, found)
    return found[0]


def test_the_version_is_that_of_the_programs():
    upstream = re.match(r"postern \((.*)-\d+\)", (DEBIAN / "changelog").read_text())[1]
    assert programs.run([require_program("postern"), "version"]) == f"postern {upstream}\n"


def test_no_package_depends_on_itself_through_others():
    depends = {row["Package"]: names_in(row["Depends"]) for row in read_control()[1:]}

    def follow(name, way=()):
        assert name not in way, way
        for other in depends.get(name, ()):
            follow(other, (*way, name))

    for name in depends:
        follow(name)
    assert {"postern-milter", "postern-policy"} <= depends["postern"]
    assert "postfix" in depends["postern-milter"] & depends["postern-policy"]


def test_what_is_needed_to_compile_is_named_for_the_packages_too():
    listed = programs.run([programs.ROOT / "tools" / "install-packages", "--list", "build"]).split()
    needed = names_in(read_control()[0]["Build-Depends"]) | {"g++", "ca-certificates"}
    assert not {name for name in listed if name not in needed}


def test_every_program_has_its_package_with_unit_and_manual():
    for daemon in DAEMONS:
        package = package_of(f"usr/sbin/{daemon}")
        assert package == package_of(f"usr/share/man/man8/{daemon}.8")
        assert package == package_of(f"usr/lib/systemd/system/{daemon}.service")
        assert package == package_of(f"usr/lib/sysusers.d/{daemon}.conf")
        assert f"{package}/{daemon}" in (DEBIAN / "rules").read_text()
    for page in (programs.ROOT / "docs" / "man").glob("*.scd"):
        package_of(f"usr/share/man/man{page.suffixes[-2][1:]}/{page.stem}")
    assert package_of("usr/libexec/postern/postern-fetch") == "postern-policy"
    assert package_of("usr/libexec/postern/postern-avscan-engine") == "postern-avscan"
    for name in units.names():
        package_of(f"usr/lib/systemd/system/{name}")


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """debian/ with what for-daemon makes of its templates."""
    folder = tmp_path_factory.mktemp("source")
    shutil.copytree(DEBIAN, folder / "debian")
    for daemon in DAEMONS:
        subprocess.run(["debian/for-daemon", f"{package_of(f'usr/sbin/{daemon}')}/{daemon}"],
                       cwd=folder, check=True, timeout=30)  # fmt: skip
    return folder / "debian"


@pytest.mark.parametrize("daemon", DAEMONS)
def test_init_scripts_start_what_the_units_start(generated, daemon):
    (path,) = generated.glob(f"*.{daemon}.init")
    assert "@" not in path.read_text()
    subprocess.run(["sh", "-n", path], check=True, timeout=30)
    service = units.values(f"{daemon}.service")
    assigned = dict(re.findall(r'^([A-Z]+)="?(.*?)"?$', path.read_text(), re.M))
    assert assigned["USER"] == service["User"]
    assert assigned["GROUP"] == service.get("Group", service["User"])
    runtime = service.get("RuntimeDirectory")
    expected = f"{service.get('RuntimeDirectoryMode')} /run/{runtime}" if runtime else ""
    assert assigned["RUN"] == expected
    assert f"-n {service['LimitNOFILE']}" in assigned["LIMITS"]


def test_a_package_knows_the_format_of_the_state_as_the_program_does():
    source = (programs.ROOT / "lib" / "setup" / "state_mark.hpp").read_text()
    format_number = re.search(r"int state_format = (\d+);", source)[1]
    assert f"STATE_FORMAT={format_number}\n" in (DEBIAN / "postern.preinst").read_text()


SCRIPTS = sorted(path for kind in ("preinst", "postinst", "prerm", "postrm")
                 for path in DEBIAN.glob(f"*.{kind}"))  # fmt: skip


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_maintainer_scripts_end_at_the_first_failure(path):
    subprocess.run(["sh", "-n", path], check=True, timeout=30)
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "set -e"


def command_of_cron(name):
    line = (programs.ROOT / "examples" / "cron" / name).read_text().splitlines()[-1]
    return line.split(maxsplit=6)[6]


def test_cron_updates_rules_where_no_timer_does(tmp_path):
    command = command_of_cron("postern-rules")
    fake = tmp_path / "postern"

    def run(text, status):
        fake.write_text(f"#!/bin/sh\necho \"$@\" >&2\nexit {status}\n")
        fake.chmod(0o755)
        done = subprocess.run(["sh", "-c", text], env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
                              check=False, timeout=30, capture_output=True, text=True)  # fmt: skip
        return done.returncode, done.stderr

    assert run(command.replace("/run/systemd/system", str(tmp_path)), 4) == (0, "")
    here = command.replace("/run/systemd/system", "/nonexistent")
    words = "rules update --if-enabled\n"
    assert [run(here, status) for status in (0, 1, 2, 4)] == [(0, words), (0, words), (1, words), (1, words)]
    assert "postern rules update --if-enabled --no-reload\n" in units.text("postern-rules-update.service")


def test_the_daily_job_of_the_container_updates_rules(tmp_path):
    script = programs.ROOT / "packaging" / "oci" / "root" / "etc" / "service" / "daily" / "run"

    def run(status):
        for name in ("sleep", "setpriv", "postern", "postfix", "doveadm", "sv"):
            end = f"exit {status}" if name == "postern" else ""
            (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n{end}\n')
            (tmp_path / name).chmod(0o755)
        done = subprocess.run(["/bin/sh", script], env={"PATH": str(tmp_path)}, check=True, timeout=30,
                              capture_output=True, text=True)  # fmt: skip
        return done.stdout.splitlines()

    told = "sv hup postern-milter"
    assert "postern rules update --if-enabled --no-reload" in run(0)
    assert [told in run(status) for status in range(5)] == [True, False, False, True, False]
    assert "doveadm reload" in run(4)


def test_cron_leaves_the_keys_to_the_timer_where_systemd_runs(tmp_path):
    command = command_of_cron("postern-dkim")
    ran = tmp_path / "ran"
    fake = tmp_path / "postern"
    fake.write_text(f"#!/bin/sh\necho \"$@\" > {ran}\n")
    fake.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"

    def run(text, path=path):
        done = subprocess.run(["sh", "-c", text], env={"PATH": path}, check=False, timeout=30,
                              capture_output=True, text=True)  # fmt: skip
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        return ran.exists() and (ran.read_text(), ran.unlink())[0]

    assert run(command.replace("/run/systemd/system", str(tmp_path))) is False
    here = command.replace("/run/systemd/system", "/nonexistent")
    assert run(here) == "dkim rotate --auto --quiet --every 180\n"
    assert run(here, "/usr/bin:/bin") is False  # removed, and not purged
    assert "ExecStart=" in units.text("postern-dkim-rotate.service")
    assert "postern dkim rotate --auto --quiet --every 180\n" in units.text("postern-dkim-rotate.service")


# ------------------------------------------------------------------ completion of bash


@pytest.fixture(scope="module")
def script():
    return programs.run([require_program("postern"), "completion"])


def complete(script, *words):
    """What bash would offer for the last of the words."""
    ask = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _postern; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-euc", f"{script}\n{ask}", "bash", "postern", *words], check=True,
                          capture_output=True, text=True, timeout=30)  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


def commands_of(*words):
    text = programs.run([require_program("postern"), *words, "--help"])
    return re.findall(r"^  ([a-z][a-z-]*) ", text.partition("Subcommands:")[2], re.M)


def options_of(*words):
    text = programs.run([require_program("postern"), *words, "--help"])
    listed = text.partition("Options:")[2].partition("Subcommands:")[0]
    return re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", listed)


def test_every_command_is_completed_with_its_options(script):
    todo = [()]
    while todo:
        words = todo.pop()
        below = commands_of(*words)
        assert complete(script, *words, "") == below
        offered = complete(script, *words, "-")
        assert offered and set(offered) <= set(options_of(*words)), words
        todo += [(*words, name) for name in below]


@pytest.mark.parametrize("words, expected", [
    (["do"], ["doctor"]),
    (["dkim", "cr"], ["create"]),
    (["dkim", "--", "cr"], ["create"]),
    (["dkim", "create", "--ty"], ["--type"]),
    (["dkim", "create", "--type", ""], ["rsa", "ed25519", "both"]),
    (["dkim", "create", "--type", "e"], ["ed25519"]),
    (["check", "--mode", "e"], ["enforce"]),
    (["check", "--config", ""], []),  # bash goes on with names of files
    (["completion"], []),  # only for the build
])
def test_completion(script, words, expected):
    assert complete(script, *words) == expected


def test_checks_of_the_doctor_are_completed(script):
    listed = json.loads(programs.run([require_program("postern"), "doctor", "--list", "--json"]))
    names = [check["name"] for check in listed]
    assert complete(script, "doctor", "--only", "") == names == complete(script, "doctor", "--skip", "")


def test_bash_asks_our_function(script):
    printed = programs.run(["bash", "-euc", f"{script}\ncomplete -p postern"])
    assert printed == "complete -o default -F _postern postern\n"
