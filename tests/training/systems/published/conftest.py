"""Data for published systems that need faces."""

import pytest
from made_up_assets import assets_with_renders


@pytest.fixture(scope="session")
def rendered(tmp_path_factory, face):
    """An assets folder with a few made-up renders."""
    return assets_with_renders(tmp_path_factory.mktemp("published"), face)
