"""What crosses the border of a project: conversations in, files out, customers forgotten."""

from qa_toolkit.exchange.bulk import import_files
from qa_toolkit.exchange.exporting import Exported, export
from qa_toolkit.exchange.forgetting import Forgotten, forget
from qa_toolkit.exchange.importing import import_file
from qa_toolkit.exchange.recording import recorded

__all__ = ["Exported", "Forgotten", "export", "forget", "import_file", "import_files", "recorded"]
