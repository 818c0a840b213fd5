"""What crosses the border of a project: conversations in, files out, customers forgotten."""

from qa_toolkit.exchange.bulk import import_files
from qa_toolkit.exchange.exporting import Exported, export
from qa_toolkit.exchange.forgetting import Forgotten, forget
from qa_toolkit.exchange.frames import check_free, check_report_path, make_folder, write_frames
from qa_toolkit.exchange.importing import import_file, settings_of
from qa_toolkit.exchange.journal import export_log, import_log
from qa_toolkit.exchange.keeping import Kept, Migrated, back_up, copy_project, migrate_project, restore_project
from qa_toolkit.exchange.recording import recorded

__all__ = [
    "Exported",
    "Forgotten",
    "Kept",
    "Migrated",
    "back_up",
    "check_free",
    "check_report_path",
    "copy_project",
    "export",
    "export_log",
    "forget",
    "import_file",
    "import_files",
    "import_log",
    "make_folder",
    "migrate_project",
    "recorded",
    "restore_project",
    "settings_of",
    "write_frames",
]
