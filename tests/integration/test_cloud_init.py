"""The cloud-init example is one that cloud-init, its script, and its README agree on. packaging/test-machine runs it."""

import pathlib
import re
import subprocess

import pytest

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "cloud-init"
LARGEST = 16384  # octets of user-data that the smallest providers take
VARIABLES = ["HOST", "DOMAIN", "OWNER", "VOLUME", "PROFILE", "PACKAGES", "PACKAGES_SHA256"]
SETTINGS, SCRIPT = "/etc/postern-machine.conf", "/usr/local/sbin/postern-machine"
GOOD = {"HOST": "mail.example.org", "DOMAIN": "example.org", "OWNER": "you@example.org", "VOLUME": "none",
        "PROFILE": "small", "PACKAGES": "/nowhere", "PACKAGES_SHA256": ""}  # fmt: skip


def user_data():
    return (EXAMPLE / "user-data.yaml").read_text()


def written(path):
    """What write_files has for this path; a block of text in YAML, by its indentation."""
    lines = iter(user_data().splitlines())
    assert any(line.strip() == f"- path: {path}" for line in lines), path
    assert any(line.strip() == "content: |" for line in lines)
    block = []
    for line in lines:
        if line.strip() and not line.startswith(" " * 6):
            break
        block.append(line[6:])
    return "\n".join(block) + "\n"


@pytest.fixture(name="script")
def script_fixture(tmp_path):
    """Runs the script's check of the settings, and nothing else of it."""
    text = written(SCRIPT)
    for place in (SETTINGS, "/run/postern-machine.lock", "/var/log/postern-machine.log", "/etc/os-release"):
        text = text.replace(place, str(tmp_path / pathlib.Path(place).name))
    text = text.replace('[ "$(id -u)" = 0 ]', "true")
    text = re.sub(r"^run name_machine(.*\n)*", "", text, flags=re.MULTILINE)
    (tmp_path / "script").write_text(text)

    def run(version="13", **changes):
        (tmp_path / "os-release").write_text(f'VERSION_ID="{version}"\nPRETTY_NAME="Some {version}"\n')
        settings = {**GOOD, **changes}
        (tmp_path / "postern-machine.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return subprocess.run(["bash", tmp_path / "script"], capture_output=True, text=True, timeout=30, check=False)

    return run


def test_it_is_cloud_config_and_small_enough():
    text = user_data()
    assert text.startswith("#cloud-config\n")
    assert len(text.encode()) < LARGEST
    assert "\t" not in text


def test_the_variables_come_first_and_all_of_them():
    assert re.findall(r"^([A-Z_0-9]+)=", written(SETTINGS), re.MULTILINE) == VARIABLES
    assert user_data().index(SETTINGS) < user_data().index(SCRIPT)


def test_the_script_is_a_shell_script():
    assert subprocess.run(["bash", "-n"], input=written(SCRIPT), text=True, check=False).returncode == 0


def test_good_settings_are_taken(script):
    done = script()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "The settings are read"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "11"}, "Debian 12 and 13"),
        ({"PROFILE": "large"}, "PROFILE is small or full, not large"),
        ({"HOST": "example.org"}, "take mail.example.org"),
        ({"HOST": "mail"}, "HOST=mail is no full name"),
        ({"OWNER": "you@example.net"}, "OWNER=you@example.net is not in DOMAIN=example.org"),
        ({"OWNER": "@example.org"}, "is not in DOMAIN"),
        ({"PACKAGES": "packages"}, "neither a directory nor https://"),
        ({"PACKAGES": "http://example.org/p.tar.gz"}, "neither a directory nor https://"),
        ({"PACKAGES": "https://example.org/p.tar.gz"}, "PACKAGES_SHA256"),
    ],
)
def test_bad_settings_are_named_and_nothing_is_done(script, changes, said):
    done = script(**changes)
    assert done.returncode == 1
    assert "FAILED: The settings are read: " in done.stdout
    assert said in done.stdout
    assert "Done." not in done.stdout


def test_the_readme_knows_every_variable_and_place():
    readme = (EXAMPLE / "README.md").read_text().replace("\\_", "_")
    for name in VARIABLES:
        assert name in readme, name
    places = re.search(r'^places="(.*)"$', written(SCRIPT), re.MULTILINE)[1]
    for pair in places.split():
        target, name = pair.split("=")
        assert f"`{name}` | `{target}`" in readme, pair
