"""Modules that replace the installed ones in a copy, which has only one version."""
