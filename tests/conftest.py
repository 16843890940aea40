"""Without PyTorch, which is an extra, the tests that need it are left out, and the end of the run says so."""

from importlib.util import find_spec

import pytest

WITHOUT_TORCH = find_spec("torch") is None
collect_ignore = ["networks", "training"] if WITHOUT_TORCH else []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except ModuleNotFoundError as error:
        if WITHOUT_TORCH and error.name == "torch":
            pytest.skip("PyTorch is not installed")
        raise


def pytest_terminal_summary(terminalreporter):
    if WITHOUT_TORCH:
        reason = "PyTorch is not installed; 'python3 -m installer test --torch' fetches it"
        terminalreporter.write_line(f"NOT TESTED: networks and training: {reason}", red=True, bold=True)
