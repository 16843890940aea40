"""What installing PyTorch would mean here, found out before anything large is fetched."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.processes import CommandFailed, InstallError, Run

#: Versions the program was tested with; the constraint file pins one.
REQUIREMENT = "torch>=2.6"


@dataclass(frozen=True)
class TorchBuild:
    """Which PyTorch pip would take from the package index that is set up here.

    Attributes:
        version: for example ``2.13.0+cpu``.
        cuda: it brings NVIDIA's libraries along.
    """

    version: str
    cuda: bool

    @property
    def cost(self) -> str:
        """Its size in words (measured with 2.13 and 2.15 on Linux)."""
        if self.cuda:
            return "about 2.5 GB to download and 5 GB on the disk"
        return "about 0.2 GB to download and 0.7 GB on the disk"


def resolve(pip: Sequence[str], constraints: Path, run: Run) -> TorchBuild:
    """Ask pip what it would install, without installing it.

    Raises:
        InstallError: there is no PyTorch for this machine.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        try:
            run([
                *pip, "install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--no-input", "--quiet",
                "--report", str(report), REQUIREMENT, "-c", str(constraints),
            ])  # fmt: skip
        except CommandFailed as error:
            raise InstallError(
                f"There is no PyTorch to be had for this Python:\n{error.last_lines(2)}",
                "Check the network, or go without: everything but the networks and the GPU works.",
            ) from error
        rows = json.loads(report.read_text(encoding="utf-8"))["install"]
    packages = {row["metadata"]["name"].lower(): row["metadata"]["version"] for row in rows}
    return TorchBuild(packages["torch"], any(name.startswith("nvidia-") for name in packages))
