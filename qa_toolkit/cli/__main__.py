"""``python -m qa_toolkit.cli``."""

from qa_toolkit.cli import main

main()
