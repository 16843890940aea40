"""Who may call the runner: one gate in front of every address and every method, closed unless all is right."""

import hmac
from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from statue_models.errors import StatueError
from statue_models.runner.protocol import SCHEMA


def error_response(error: StatueError, headers: dict[str, str] | None = None) -> Response:
    """The answer to any failure: the catalogue's status and {"error": {"code", "sentence", "remedy"}}."""
    body = {"schema": SCHEMA, "error": error.to_json()}
    return JSONResponse(body, error.http_status, {"Cache-Control": "no-store", **(headers or {})})


class AccessControl:
    """ASGI middleware that lets through only what carries the token and comes from no web page.

    A page in a browser cannot read the token's file, but it can send requests to 127.0.0.1, and by rebinding a DNS name
    it can even read the answers. So the Host is compared with a constant list, and whatever a browser marks as its own
    (Origin, also "null"; Sec-Fetch-Site) is refused before the token is looked at.

    Args:
        app: what lies behind the gate.
        token: what ``Authorization: Bearer`` must carry.
        port: the runner's own.
        admitted: called for each request that passes.
    """

    def __init__(self, app: ASGIApp, token: str, port: int, admitted: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._credentials = f"Bearer {token}".encode()
        self._hosts = [f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost", "[::1]")]
        self._admitted = admitted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; hand on everything else."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError("the runner speaks HTTP only")
        code = self._refusal(scope["headers"])
        if code is None:
            self._admitted()
            await self._app(scope, receive, send)
        else:
            await error_response(StatueError(code))(scope, receive, send)

    def _refusal(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        """The code of why a request is refused, or None."""

        def values(name: bytes) -> list[bytes]:
            return [value for key, value in headers if key.lower() == name]

        hosts = values(b"host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return "runner-misdirected"
        if values(b"origin") or any(site != b"none" for site in values(b"sec-fetch-site")):
            return "runner-forbidden"
        credentials = values(b"authorization")
        if len(credentials) != 1 or not hmac.compare_digest(credentials[0], self._credentials):
            return "runner-unauthorized"
        return None
