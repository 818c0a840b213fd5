"""Several reviewers rate the same conversations blind, see where they differ, and rate again."""
