"""Every GIMP of a user is found, at the folder from which it loads plug-ins."""

import pytest

from installer.gimps import find_gimps


def profiles(gimps, home):
    return {(gimp.version, gimp.kind, gimp.profile.relative_to(home).as_posix()) for gimp in gimps}


def find(home, run, variables=None, platform="linux", programs=()):
    return find_gimps(
        home, variables or {}, platform, lambda name: f"/usr/bin/{name}" if name in programs else None, run
    )


def test_no_gimp_at_all(home, fake_run):
    assert find(home, fake_run) == []


@pytest.mark.parametrize("version", ["2.10", "3.0", "3.2", "3.4"])
def test_profile_of_each_version(home, fake_run, version):
    (home / f".config/GIMP/{version}").mkdir(parents=True)
    (gimp,) = find(home, fake_run)
    assert gimp.version == version
    assert gimp.plug_ins == home / f".config/GIMP/{version}/plug-ins"


def test_other_folders_beside_the_profiles_are_not_gimps(home, fake_run):
    for name in ("2.8", "2.99", "backup", "3.0.old"):
        (home / f".config/GIMP/{name}").mkdir(parents=True)
    (home / ".config/GIMP/3.0").write_text("a file")
    assert find(home, fake_run) == []


def test_flatpak_snap_and_appimage_profiles(home, fake_run):
    for folder in (
        ".var/app/org.gimp.GIMP/config/GIMP/2.10",
        "snap/gimp/current/.config/GIMP/2.10",
        ".config/GIMP-AppImage/2.10",
    ):
        (home / folder).mkdir(parents=True)
    assert profiles(find(home, fake_run), home) == {
        ("2.10", "flatpak", ".var/app/org.gimp.GIMP/config/GIMP/2.10"),
        ("2.10", "snap", "snap/gimp/current/.config/GIMP/2.10"),
        ("2.10", "appimage", ".config/GIMP-AppImage/2.10"),
    }


def test_configuration_folder_elsewhere(home, fake_run, tmp_path):
    """XDG_CONFIG_HOME moves the system's GIMP; sandboxed ones stay in ~/.config."""
    (tmp_path / "xdg/GIMP/2.10").mkdir(parents=True)
    (home / ".config/GIMP/3.2").mkdir(parents=True)
    found = find(home, fake_run, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert [gimp.profile for gimp in found] == [tmp_path / "xdg/GIMP/2.10", home / ".config/GIMP/3.2"]


def test_gimp_that_was_never_started_is_found_by_its_program(home, fake_run):
    fake_run.on("gimp-console --version", "GNU Image Manipulation Program version 3.0.4\n")
    assert profiles(find(home, fake_run, programs=["gimp-console"]), home) == {("3.0", "system", ".config/GIMP/3.0")}


def test_program_and_profile_are_one_gimp(home, fake_run):
    (home / ".config/GIMP/2.10").mkdir(parents=True)
    fake_run.on("--version", "GNU Image Manipulation Program version 2.10.34\n")
    found = find(home, fake_run, programs=["gimp", "gimp-console", "gimp-console-2.10"])
    assert profiles(found, home) == {("2.10", "system", ".config/GIMP/2.10")}


def test_program_that_does_not_start_or_is_too_old(home, fake_run):
    fake_run.on("gimp-console", fails=True).on("/usr/bin/gimp --version", "version 2.99.18")
    assert find(home, fake_run, programs=["gimp", "gimp-console"]) == []


@pytest.mark.parametrize(
    ("version", "profile"),
    [("2.10.38", ".var/app/org.gimp.GIMP/config/GIMP/2.10"), ("3.2.6", ".config/GIMP/3.2")],
)
def test_flatpak_that_was_never_started(home, fake_run, version, profile):
    fake_run.on("flatpak info org.gimp.GIMP", f"Ref: app/org.gimp.GIMP/x86_64/stable\nVersion: {version}\n")
    assert profiles(find(home, fake_run, programs=["flatpak"]), home) == {
        (version[: version.rindex(".")], "flatpak", profile)
    }


def test_folder_given_by_a_variable(home, fake_run, tmp_path):
    found = find(home, fake_run, {"GIMP2_DIRECTORY": str(tmp_path / "two"), "GIMP3_DIRECTORY": str(tmp_path / "three")})
    assert [(gimp.version, gimp.profile) for gimp in found] == [("2", tmp_path / "two"), ("3", tmp_path / "three")]


def test_windows_and_mac(home, fake_run, tmp_path):
    (tmp_path / "Roaming/GIMP/2.10").mkdir(parents=True)
    (home / "Library/Application Support/GIMP/3.0").mkdir(parents=True)
    (windows,) = find(home, fake_run, {"APPDATA": str(tmp_path / "Roaming")}, "win32")
    (mac,) = find(home, fake_run, platform="darwin")
    assert windows.plug_ins == tmp_path / "Roaming/GIMP/2.10/plug-ins"
    assert mac.plug_ins == home / "Library/Application Support/GIMP/3.0/plug-ins"
