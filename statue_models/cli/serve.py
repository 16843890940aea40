"""``statue serve``: the local service in the foreground."""

from argparse import Namespace

from statue_models import places


def run(options: Namespace) -> None:
    """Serve until stopped or idle; see docs/http.md.

    Raises:
        StatueError: runner-start, state-insecure.
    """
    from statue_models.runner.server import serve

    serve(options.state or places.state_directory(), port=options.port, idle_minutes=options.idle)
