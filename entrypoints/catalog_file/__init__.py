"""Catalog files: CSV for spreadsheets, NDJSON for programs.

Rows are validated like API requests.
"""
