"""Modules that a copy has in the place of the installed ones, whose many versions it lacks."""
