"""The nine strokes of a drawn face: standard library for Python 3.9, as the installer lays it beside the plug-in."""

#: (name, indices of the landmarks in iBUG order, closed)
STROKES = (
    ("jaw", tuple(range(17)), False),
    ("right brow", tuple(range(17, 22)), False),
    ("left brow", tuple(range(22, 27)), False),
    ("nose bridge", tuple(range(27, 31)), False),
    ("nostrils", tuple(range(31, 36)), False),
    ("right eye", tuple(range(36, 42)), True),
    ("left eye", tuple(range(42, 48)), True),
    ("outer lips", tuple(range(48, 60)), True),
    ("inner lips", tuple(range(60, 68)), True),
)
