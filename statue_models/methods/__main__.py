"""The methods as the plug-in's menu shows them; a test holds the file to the descriptors.

python -m statue_models.methods > statue_models/methods/menu.json
"""

import json
import sys

from statue_models.methods.registry import trained_names_and_titles


def menu() -> str:
    """The file: [[name, title], ...], networks first."""
    rows = [list(row) for row in trained_names_and_titles()]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(menu())
