"""The runner as a restorer: what it gives, and records, is what the restorer itself would have."""

from dataclasses import replace

import numpy as np

from statue_models.restoring.restorer import Restorer
from statue_models.runner.remote import RemoteRestorer


def recorded(restoration):
    """The record but for what is another each time."""
    return {name: value for name, value in restoration.record.items() if name not in ("seconds", "program")}


def test_a_request_is_recorded_through_the_runner_as_it_is_here(runner, request_):
    """Nobody has hidden its landmarks by hand, and the nose's lie under the mask."""
    client = runner(restorer=Restorer)
    asked = replace(request_, model="statuefit", variants=2, seed=3)
    here = Restorer().restore(asked)
    there = RemoteRestorer(client.directory, ["false"]).restore(asked)
    assert recorded(there) == recorded(here)
    for told in (there.record["request"]["landmarks"], there.record["landmarks"]):
        assert 0 < sum(told["hidden"]) < 68
    for one, other in zip(here.variants, there.variants, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
