"""The filter: selection -> runner -> layer group. Knows neither GIMP's version nor NumPy.

The order of things keeps the image safe. First everything is read, then the runner is asked, then each variant is
written into a layer that is not in the image yet, and only when all are there one undo step puts them in. GIMP's
Cancel button ends the process without a word to it, which up to that last step changes nothing.
"""

import json
import os
from collections import namedtuple

import landmark_path
from gimpfu import CancelError
from gimpfu.host import Samples

from statue_models.errors import StatueError
from statue_models.fields import FIELDS, MAX_MEGAPIXELS
from statue_models.runner.protocol import SCHEMA
from statue_models.runner.protocol.client import RunnerClient

RECORD = "restore-statue-face-record"
#: On a path: the landmarks as they were found, so that those which the user has moved since can be told.
FOUND = "restore-statue-face-found"
#: Translation of a selection into the mask of what is missing: anything above 0 belongs to the hole.
_MISSING = b"\0" + b"\xff" * 255
_BESIDE = os.path.dirname(os.path.abspath(__file__))
#: What the progress bar shows for each of the runner's phases (``statue_models.phases``).
PHASES = {
    "connecting": "Asking the runner",
    "waiting": "Waiting for other work of the runner",
    "starting": "Starting",
    "face": "Finding the face",
    "fitting": "Fitting the head",
    "sampling": "Sampling",
    "filling": "Filling",
    "uncertainty": "Estimating the uncertainty",
    "blending": "Blending",
    "done": "Done",
    "working": "Working",
}
#: Where the runner's own progress lies within the whole. Shares of it; chosen.
_RUNNER_FROM, _RUNNER_TO = 0.1, 0.9

#: What is read from the image before the runner is asked: the layer, its frame in the image, the format and bytes of
#: its pixels, the selection inside the frame, the landmarks of the drawn path in the layer or None, and which of them
#: the user has moved.
Source = namedtuple("Source", "layer frame samples pixels selection landmarks placed")


def open_runner():
    """A connected client of the runner that the installer named in ``installation.json``.

    ``RESTORE_STATUE_FACE_HOME`` moves the state directory, for the runner that is started here as well.
    """
    try:
        with open(os.path.join(_BESIDE, "installation.json"), encoding="utf-8") as file:
            installation = json.load(file)
    except (OSError, ValueError) as error:
        raise StatueError("not-installed", reason=str(error)) from error
    home = os.environ.get("RESTORE_STATUE_FACE_HOME")
    client = RunnerClient(os.path.join(home, "state") if home else installation["state"], installation["command"])
    client.connect()
    return client


def restore(host, image, drawables, options, connect=open_runner):
    """Restore what is selected; returns the new layer group.

    Args:
        host: the image editor, see ``gimpfu.host.Host``.
        image: an image of that host.
        drawables: what the user has selected in it; must be exactly one pixel layer.
        options: the dialog's answers by their names: every field of the request that has a row there (``fields.py``),
            draw_landmarks (as a path) and use_path (take the landmarks from the path that an earlier run drew, instead
            of searching the face).
        connect: gives the connected client of the runner.

    Raises:
        StatueError: with a sentence and a remedy; the image is as it was.
        CancelError: the user stopped it; the image is as it was.
    """
    layers: list = []
    try:
        source = read_source(host, image, drawables, options)
        host.progress(PHASES["connecting"], 0.05)
        client = connect()

        def keep(header, pixels):
            name = "Variant %d" % header["variant"]
            layers.append(_new_layer(host, image, name, source, header, pixels))

        result = _ask(host, source, options, client, keep)
        if not host.exists(image, source.layer):
            raise StatueError("layer-gone")
        group = _insert(host, image, source, options, layers, result)
        _tell_notes(host, result["record"].get("notes", ()))
        return group
    except CancelError:
        raise
    except Exception as error:
        raise StatueError.from_exception(error) from error
    finally:
        for layer, _ in layers:
            host.discard(layer)


def read_source(host, image, drawables, options):
    """Everything that is needed of the image.

    Raises:
        StatueError: when there is not exactly one pixel layer with something selected inside it.
    """
    host.progress("Reading the layer", 0.0)
    if len(drawables) != 1:
        raise StatueError("several-layers") if drawables else StatueError("wrong-layer", kind="no layer at all")
    layer = drawables[0]
    kind = host.kind(image, layer)
    if kind != "layer":
        raise StatueError("wrong-layer", kind=kind)
    if host.is_indexed(image):
        raise StatueError("unsupported-image", path=host.image_name(image), what="indexed colours")
    frame = host.frame(layer)
    _, _, width, height = frame
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise StatueError("image-too-large", megapixels=round(width * height / 1e6), limit=MAX_MEGAPIXELS)
    selection = host.read_selection(image, frame)
    if selection is None:
        raise StatueError("no-selection")
    if selection.count(0) == len(selection):
        raise StatueError("selection-outside")
    landmarks, placed = _drawn_landmarks(host, image, frame) if options["use_path"] else (None, None)
    samples = host.samples(image, layer)
    return Source(layer, frame, samples, host.read(layer, samples), selection, landmarks, placed)


def _drawn_landmarks(host, image, frame):
    """The landmarks of the path that an earlier run drew, wherever they are now, and whether the user moved them."""
    path = host.find_path(image, landmark_path.PATH_NAME)
    if path is None:
        raise StatueError("no-path", name=landmark_path.PATH_NAME)
    strokes = host.read_path(image, path)
    try:
        landmarks = landmark_path.landmarks_of(strokes, frame[:2])
        found = landmark_path.landmarks_of(strokes, (0, 0))
        return landmarks, landmark_path.find_moved(found, host.parasite_data(path, FOUND))
    except ValueError as error:
        raise StatueError("bad-landmarks", reason=str(error)) from error


def _ask(host, source, options, client, keep):
    """Send the job, follow it, and call ``keep(header, pixels)`` for every variant; returns the runner's result."""
    # All that is selected at all is sent as missing: the answer then holds the fill itself, and the soft edge is mixed
    # once, by the layer mask, not a second time by the runner.
    job = client.submit(header_of(source, options), source.pixels, source.selection.translate(_MISSING))

    def on_progress(phase, fraction):
        host.progress(_words(phase), _RUNNER_FROM + (_RUNNER_TO - _RUNNER_FROM) * fraction)

    result = client.follow(job, on_progress)
    try:
        count = result["variants"]
        for index in range(1, count + 1):
            share = (index - 1) / count
            host.progress("Fetching variant %d of %d" % (index, count), _RUNNER_TO + (1 - _RUNNER_TO) * share)
            keep(*client.variant(job, index))
    finally:
        client.cancel(job)  # fetched or given up: its memory is free for others
    return result


def header_of(source, options):
    """The header of docs/http.md for what was read and what was answered; what is not asked has its default there."""
    _, _, width, height = source.frame
    return {
        "schema": SCHEMA,
        "width": width,
        "height": height,
        "channels": source.samples.channels,
        "depth": source.samples.depth,
        "landmarks": source.landmarks,
        "placed": source.placed,
        **{field.name: options[field.name] for field in FIELDS.values() if field.dialog},
    }


def _words(phase):
    """A phase of the runner as the progress bar shows it."""
    return PHASES.get(phase, PHASES["working"])


def _new_layer(host, image, name, source, header, pixels):
    """(layer, rectangle in the source layer) of one variant; the layer is not in the image yet."""
    if not host.exists(image, source.layer):
        raise StatueError("layer-gone")
    x, y, width, height = box = tuple(header[name] for name in ("x", "y", "width", "height"))
    samples = Samples(header["channels"], header["depth"])
    left, top, whole_width, whole_height = source.frame
    inside = 0 <= x < x + width <= whole_width and 0 <= y < y + height <= whole_height
    if not inside or samples != source.samples or len(pixels) != width * height * samples.pixel_bytes:
        raise ValueError("the runner's answer does not fit the layer")
    return host.new_layer(image, name, samples, (left + x, top + y, width, height), pixels), box


def _insert(host, image, source, options, layers, result):
    """Put the variants, their masks, the record and the landmarks into the image, as one undo step."""
    group = path = None
    with host.one_undo_step(image):
        try:
            group = host.insert_group(image, source.layer, "Restored face")
            host.attach(group, RECORD, json.dumps(result["record"], sort_keys=True).encode("utf-8"))
            first = True
            while layers:
                layer, box = layers.pop(0)
                host.insert_layer(image, group, layer, first, _crop_rows(source.selection, source.frame[2], box))
                first = False
            if options["draw_landmarks"] and not source.landmarks and result.get("landmarks"):
                strokes = landmark_path.strokes_of(result["landmarks"]["points"], source.frame[:2])
                path = host.insert_path(image, landmark_path.PATH_NAME, strokes)
                host.attach(path, FOUND, landmark_path.encode_note(landmark_path.landmarks_of(strokes, (0, 0))))
        except BaseException:
            host.remove(image, group, path)
            raise
    return group


def _tell_notes(host, notes):
    """Say what was done otherwise than asked; the record keeps it."""
    if notes:
        host.tell("\n".join(note["sentence"] for note in notes))


def _crop_rows(plane, stride, box):
    """The rows of a rectangle out of a plane with one byte per pixel."""
    x, y, width, height = box
    view = memoryview(plane)
    return b"".join(view[row * stride + x : row * stride + x + width] for row in range(y, y + height))
