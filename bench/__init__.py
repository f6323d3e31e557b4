"""Measures us against a floor written beside it, or against a peer. ``make bench`` prints it."""
