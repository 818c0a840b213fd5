"""Notebooks without conversation text: taken out of files, and kept out of commits."""

from qa_toolkit.exchange.notebooks._places import find_files, find_staged
from qa_toolkit.exchange.notebooks.cleaning import Cleaned, clean_notebooks
from qa_toolkit.exchange.notebooks.hook import install_hook

__all__ = ["Cleaned", "clean_notebooks", "find_files", "find_staged", "install_hook"]
