"""The runner as a restorer: the same request and the same result as ``Restorer``, worked on by the local service."""

import sys
from collections.abc import Sequence
from pathlib import Path

import statue_models
from statue_models import places
from statue_models.phases import Phase
from statue_models.pixels.rectangle import Rectangle
from statue_models.request import (
    Hypothesis,
    Progress,
    Restoration,
    RestorationRequest,
    RestoredGroup,
    Variant,
    no_progress,
)
from statue_models.runner.protocol.client import RunnerClient
from statue_models.runner.wire import JobHeader, pixels_of, samples_of


def serve_command(*options: str) -> list[str]:
    """What starts a runner of this very package with this Python, installed or not."""
    root = str(Path(statue_models.__file__).parents[1])
    start = f"import sys; sys.path.insert(0, {root!r}); from statue_models.cli import main; sys.exit(main())"
    return [sys.executable, "-c", start, "serve", *options]


class RemoteRestorer:
    """Restores by the runner, which is started when it is not there.

    Args:
        directory: where ``runner.json`` is; None = this user's state directory.
        command: starts a runner there; None = ``serve_command``.
    """

    def __init__(self, directory: Path | None = None, command: Sequence[str] | None = None) -> None:
        options = () if directory is None else ("--state", str(directory))
        self._client = RunnerClient(directory or places.state_directory(), command or serve_command(*options))

    def restore(self, request: RestorationRequest, progress: Progress = no_progress) -> Restoration:
        """As ``Restorer.restore``; the samples are the same.

        Raises:
            StatueError: what the runner reports, and the codes of exit status 7.
        """
        progress(Phase.CONNECTING, 0.0)
        self._client.connect()
        header = JobHeader.of(request).to_json()
        job = self._client.submit(header, samples_of(request.image), samples_of(request.mask))
        result = self._client.follow(job, lambda phase, fraction: progress(Phase.named(phase), fraction))
        try:
            variants = [self._client.variant(job, k + 1) for k in range(result["variants"])]
            uncertainty = pixels_of(*self._client.uncertainty(job))[..., 0] if result["uncertainty"] else None
        finally:
            self._client.cancel(job)  # fetched or given up: its memory is free for others
        record = dict(result["record"])
        if request.notes:  # which do not travel
            record["notes"] = [*(note.to_json() for note in request.notes), *record.get("notes", [])]
        return Restoration(
            variants=tuple(
                Variant(pixels_of(header, samples), Hypothesis(header["variant"] - 1, header["seed"]))
                for header, samples in variants
            ),
            rectangle=Rectangle(*result["rectangle"]),
            groups=tuple(RestoredGroup.from_json(group) for group in result["groups"]),
            uncertainty=uncertainty,
            record=record,
        )
