"""Where FaceMesh's two model files are, and whether they are the right ones.

They are parts of MediaPipe 0.10 (Apache-2.0) and are not shipped here: the installer fetches them, or they lie in an
installed ``mediapipe`` package, whose files are read without importing it.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from statue_models import places
from statue_models.errors import StatueError, reason_of

DETECTION = "face_detection_short_range.tflite"
LANDMARKS = "face_landmark.tflite"

SHA256 = {
    DETECTION: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    LANDMARKS: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}

#: The file's folder inside the ``modules`` folder of the mediapipe package.
PACKAGE_FOLDER = {DETECTION: "face_detection", LANDMARKS: "face_landmark"}

REMEDY = "Run 'python3 -m installer', which fetches it, or 'pip install restore-statue-face[landmarks]'."


def find_models(directory: Path | None = None) -> tuple[Path, Path]:
    """Both files, their contents checked: (detection, landmarks).

    Args:
        directory: where they lie, side by side or as in mediapipe's ``modules`` folder. None looks into the
            installer's ``landmarks`` folder, then into an installed mediapipe.

    Raises:
        StatueError: ``weights-missing``, ``unreadable-file`` or ``weights-hash``.
    """
    return _check_file(DETECTION, directory), _check_file(LANDMARKS, directory)


def candidates(name: str, directory: Path | None = None) -> list[Path]:
    """Where the file ``name`` may be, the first choice first."""
    if directory is not None:
        return [directory / name, directory / PACKAGE_FOLDER[name] / name]
    found = [places.data_directory() / "landmarks" / name]
    # Finding a top-level package does not run it; importing mediapipe would cost a second and start its logging.
    package = find_spec("mediapipe")
    for place in (package.submodule_search_locations or []) if package else []:
        found.append(Path(place) / "modules" / PACKAGE_FOLDER[name] / name)
    return found


def _check_file(name: str, directory: Path | None) -> Path:
    paths = candidates(name, directory)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise StatueError("weights-missing", path=paths[0], how=REMEDY)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StatueError("unreadable-file", path=path, reason=reason_of(error)) from None
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise StatueError("weights-hash", path=path)
    return path
