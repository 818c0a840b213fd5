"""The command and the environment that JupyterLab is started with; the same server has Notebook 7 and Voilà.

The security settings travel on the command line, which no configuration file can override. Everything that Lab writes
goes to a folder of ours, so the user's own Jupyter configuration is neither read nor changed.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_state_path

from qa_toolkit.errors import LabError

HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 8888


@dataclass(frozen=True)
class App:
    """A front end that the server has.

    Attributes
    ----------
    title : str
        Its name, for people.
    path : str
        Where it begins on the server.
    package : str
        The package that must be installed.
    """

    title: str
    path: str
    package: str


APPS: Final = {
    "lab": App("JupyterLab", "/lab", "jupyterlab"),
    "notebook": App("Jupyter Notebook", "/tree", "notebook"),
    "voila": App("Voilà", "/voila", "voila"),
}
# The language server is not used, and it asks npm for its folders on each start. The shim takes over settings of
# Notebook 6; it reads every one of the server's, and has a warning printed of one that is deprecated.
_EXTENSIONS: Final = {
    "jupyterlab": True,
    "qa_toolkit.lab.extension": True,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook_shim": False,
}
_VOILA: Final = {
    "VoilaConfiguration.show_tracebacks": "True",  # a misspelt sample is told, not hidden
    # Each page has a kernel of its own, which the server does not let the page end when it is left.
    "MappingKernelManager.cull_idle_timeout": "3600",  # seconds without a page: a closed laptop finds it again
    "MappingKernelManager.cull_interval": "300",
}
# The inline scripts that may run, by the versions that have them. All are constants of those packages.
_INLINE_SCRIPTS: Final = (
    "DHk7PmJD5wtdpNjEzpkYISzoAstMGRwG1GNWZ25R2pM=",  # JupyterLab 4.6: takes the token out of the address bar
    "KsbmIiZ5t1u+MRAWKFqcXSJHBZBMYwVyHbuIQQMHXCM=",  # Notebook 7.6: the same
    "27EMbxW9t7j/tI72mGN/aLDbgg/wWQmWNIrBnsn6YRA=",  # Voilà 0.5.13: functions that the next one calls
    "Gba2iRKB8FYSoyimcKZnQ3PAq95k3NgtxbWr1Ne6v2k=",  # Voilà 0.5.13: shows the page in place of the spinner
)

#: Stops inline script and event handlers, which is what hostile text in an output would need, and foreign addresses.
#: ``unsafe-eval`` is JupyterLab's own need; ``blob:`` is how anywidget loads a widget's module.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        " ".join(["script-src 'self' 'unsafe-eval' blob:", *(f"'sha256-{script}'" for script in _INLINE_SCRIPTS)]),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
# Lab asks on its first start whether it may fetch news; the answer is no.
_OVERRIDES: Final = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": False,
    }
}


def lab_command(notebooks: Path, port: int = FIRST_PORT, browser: bool = False, app: str = "lab") -> list[str]:
    """Return the command that starts JupyterLab; the token is not in it, since every user of the machine can read it.

    Parameters
    ----------
    notebooks : pathlib.Path
        The folder that JupyterLab shows.
    port : int
        The port on 127.0.0.1.
    browser : bool
        Whether JupyterLab opens a browser window.
    app : str
        The front end that the window shows, one of `APPS`. Voilà is on the server only where it is asked for: opening
        one of its addresses runs a notebook.
    """
    settings = {
        **(_VOILA if app == "voila" else {}),
        "ServerApp.root_dir": str(notebooks.resolve()),
        "ServerApp.ip": HOST,
        "ServerApp.port": str(port),
        "ServerApp.port_retries": "0",
        "ServerApp.allow_remote_access": "False",
        "ServerApp.allow_root": str(_is_root()),
        "ServerApp.answer_yes": "True",
        "ServerApp.open_browser": str(browser),
        "ServerApp.terminals_enabled": "False",
        "ServerApp.tornado_settings": repr({"headers": {"Content-Security-Policy": CONTENT_SECURITY_POLICY}}),
        "ServerApp.jpserver_extensions": repr({**_EXTENSIONS, "voila": app == "voila"}),
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.default_url": APPS[app].path,
        "LabApp.news_url": "",
        "Application.log_level": "ERROR",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]


def lab_environment(token: str, project: str | None = None, state: Path | None = None) -> dict[str, str]:
    """Return the environment of the server and its kernels, and make the folder of its settings.

    Parameters
    ----------
    token : str
        What a request must carry.
    project : str, optional
        The project's database; default: that of ``QA_TOOLKIT_PROJECT``, or ``qa_project.db`` here.
    state : pathlib.Path, optional
        Folder for Lab's settings, layout and list of runs; default: one for this user.

    Raises
    ------
    LabError
        If the folder cannot be made.
    """
    state = state or user_state_path("qa-toolkit") / "lab"
    config = state / "config" / "labconfig"
    try:
        config.mkdir(parents=True, exist_ok=True)
        (config / "default_setting_overrides.json").write_text(json.dumps(_OVERRIDES), encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"Cannot write JupyterLab's settings to {state}: {error}. Set HOME to a folder of yours."
        ) from error
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))},
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_TOKEN": token,
        "QA_TOOLKIT_PROJECT": _absolute(project or os.environ.get("QA_TOOLKIT_PROJECT") or "sqlite:///qa_project.db"),
    }


def _absolute(url: str) -> str:
    # kernels run in the notebooks' folder, where a relative path would name another file
    scheme = "sqlite:///"
    path = url.removeprefix(scheme)
    if not url.startswith(scheme) or path in ("", ":memory:") or path.startswith("file:"):
        return url
    return scheme + str(Path(path).resolve())


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
