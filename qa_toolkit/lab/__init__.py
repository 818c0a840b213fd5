"""JupyterLab with the settings that untrusted customer text needs: a content security policy, loopback, a token."""

from qa_toolkit.lab.command import APPS, CONTENT_SECURITY_POLICY, lab_command, lab_environment
from qa_toolkit.lab.server import LabServer, run_lab, start_lab

__all__ = ["APPS", "CONTENT_SECURITY_POLICY", "LabServer", "lab_command", "lab_environment", "run_lab", "start_lab"]
