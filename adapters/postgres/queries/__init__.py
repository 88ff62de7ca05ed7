"""Reads that return views, each in one statement."""
