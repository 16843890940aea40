"""Environments: which OpenCV, which pip, which Python; and what is taken out of one."""

import pytest

from installer import environments, interpreters, pips
from installer.processes import InstallError, clean_environment


@pytest.mark.parametrize("missing", ["libGL.so.1", "libglib-2.0.so.0"])
def test_headless_build_where_a_library_is_missing(missing):
    def load(name):
        if name == missing:
            raise OSError(name)

    assert environments.choose_opencv(load, "linux") == "opencv-python-headless"
    assert environments.choose_opencv(lambda name: None, "linux") == "opencv-python"
    assert environments.choose_opencv(load, "darwin") == "opencv-python"


def test_slim_takes_out_only_what_no_program_runs(tmp_path):
    site = tmp_path / "lib/python3.12/site-packages"
    kept = ["numpy/testing/__init__.py", "numpy/core.py", "scipy/ndimage/__init__.py", "other/tests/data.py"]
    gone = ["numpy/_core/tests/test_a.py", "scipy/ndimage/tests/x.npz", "cv2/__init__.pyi", "numpy/_core/include/a.h"]
    for name in kept + gone:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/activate").write_text("")
    environments.slim(tmp_path)
    assert sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()) == sorted(kept)
    assert not list((tmp_path / "bin").iterdir())


def test_pip_of_the_python_comes_first(fake_run, tmp_path):
    fake_run.on("-m pip --version", "pip 23.0.1 from /usr/lib/python3/dist-packages/pip (python 3.11)")
    assert pips.find_pip("python3", tmp_path / "bin/python", tmp_path, fake_run)[:4] == [
        "python3",
        "-m",
        "pip",
        "--python",
    ]


@pytest.mark.parametrize("answer", ["pip 20.3.4 from /usr/lib (python 3.11)", None])
def test_wheel_of_pip_where_pip_is_old_or_missing(fake_run, tmp_path, answer):
    fake_run.on("-m pip --version", answer or "No module named pip", fails=answer is None)
    fake_run.on("ensurepip", "/usr/lib/python3.11/ensurepip/_bundled/pip-23.2.1-py3-none-any.whl\n")
    target = tmp_path / "bin/python"
    wheel = "/usr/lib/python3.11/ensurepip/_bundled/pip-23.2.1-py3-none-any.whl/pip"
    assert pips.find_pip("python3", target, tmp_path, fake_run) == [str(target), wheel]


def test_bare_debian_gets_pip_without_root(fake_run, tmp_path, monkeypatch):
    """Debian's python3 has neither pip nor ensurepip; apt hands out the package that holds pip's wheel to anyone."""
    monkeypatch.setattr(pips.shutil, "which", lambda name: f"/usr/bin/{name}")

    def unpack(command, directory):
        folder = tmp_path / "pip/usr/share/python-wheels"
        folder.mkdir(parents=True)
        (folder / "pip-23.0.1-py3-none-any.whl").write_text("")

    fake_run.on("pip --version", fails=True)
    fake_run.on(
        "apt-get download",
        act=lambda command, directory: (tmp_path / "pip/python3-pip-whl_23.0.1_all.deb").write_text(""),
    )
    fake_run.on("dpkg-deb -x", act=unpack)
    words = pips.find_pip("python3", tmp_path / "bin/python", tmp_path, fake_run)
    assert words[1].endswith("pip-23.0.1-py3-none-any.whl/pip")
    assert pips.find_pip("python3", tmp_path / "bin/python", tmp_path, fake_run) == words
    assert len(fake_run.said("apt-get download")) == 1


def test_no_pip_anywhere_names_the_package(fake_run, tmp_path, monkeypatch):
    monkeypatch.setattr(pips.shutil, "which", lambda name: None)
    fake_run.on("pip --version", fails=True)
    with pytest.raises(InstallError) as caught:
        pips.find_pip("python3", tmp_path / "bin/python", tmp_path, fake_run)
    assert "apt install python3-venv" in caught.value.remedy


def test_old_python_finds_a_newer_one(fake_run, monkeypatch):
    monkeypatch.setattr(interpreters, "candidates", lambda: iter(["/a/python3", "/b/python3.12"]))
    fake_run.on("/a/python3 -c", "3 9 /a/python3").on("/b/python3.12 -c", "3 12 /b/python3.12")
    assert interpreters.find_python(fake_run, (3, 9)) == ("/b/python3.12", (3, 12))


def test_old_python_alone_is_told_what_is_needed(fake_run, monkeypatch):
    monkeypatch.setattr(interpreters, "candidates", lambda: iter(["/a/python3"]))
    fake_run.on("/a/python3 -c", "3 9 /a/python3")
    with pytest.raises(InstallError, match=r"Python 3\.9 runs this installer.*3\.11 or newer"):
        interpreters.find_python(fake_run, (3, 9))


def test_settings_of_the_shell_do_not_reach_the_other_python():
    """An activated environment, or PIP_TARGET, would send the packages somewhere else; the index setting must stay."""
    variables = {"PYTHONPATH": "/x", "VIRTUAL_ENV": "/y", "PIP_TARGET": "/z", "PIP_INDEX_URL": "file:///index"}
    cleaned = clean_environment(variables)
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET"} & set(cleaned)
    assert cleaned["PIP_INDEX_URL"] == "file:///index"
