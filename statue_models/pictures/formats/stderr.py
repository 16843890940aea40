"""What C libraries say on the process' stderr: to be understood here, not to be shown to a user."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

#: Starts of what libjpeg (jerror.h, JWRN_...) and, through Pillow, libtiff say of damaged files.
_OF_LIBRARIES = re.compile(
    rb"Corrupt JPEG data|Premature end of JPEG|Inconsistent progression|Invalid SOS parameters|Warning: unknown JFIF"
    rb"|.*: [Dd]ata corrupted at|.*: [Uu]nexpected end of file"  # LibRaw
    rb"|tempfile\.tif: |JPEGLib: |_?TIFF\w*: |\w*(?:Decode|Setup|Fax3|LZW|PackBits|ZIP|ZSTD|OJPEG)\w*: "
)
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def libraries_heard() -> Iterator[list[bytes]]:
    """The lines of libraries that the block makes them say, filled in when it ends; what others say is handed on."""
    heard: list[bytes] = []
    with _ONE_AT_A_TIME, ExitStack() as opened:
        try:
            said = opened.enter_context(tempfile.TemporaryFile())
            stderr = os.dup(2)
        except OSError:  # there is no stderr, or no room for a file
            yield heard
            return
        opened.callback(os.close, stderr)
        try:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(said.fileno(), 2)
            yield heard
        finally:
            os.dup2(stderr, 2)
            said.seek(0)
            lines = said.read().splitlines(keepends=True)
            heard += [line for line in lines if _OF_LIBRARIES.match(line)]
            others = b"".join(line for line in lines if not _OF_LIBRARIES.match(line))
            if others:
                os.write(stderr, others)
