"""A server extension of JupyterLab that makes each click's answer come at once."""

from __future__ import annotations

import contextlib
from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Send kernel messages at once; Nagle's algorithm holds an answer to a click for about 30 ms.

    ``KernelWebsocketHandler.open`` is private to jupyter_server: should it change, only that speed is lost.
    """
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as Handler

        opened = Handler.open
    except (ImportError, AttributeError) as error:
        server.log.debug("kernel websockets keep Nagle's algorithm: %s", error)
        return

    async def open_without_delay(self: Any, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(Exception):
            self.set_nodelay(True)
        await opened(self, *args, **kwargs)  # type: ignore[no-untyped-call]

    Handler.open = open_without_delay  # type: ignore[method-assign]
