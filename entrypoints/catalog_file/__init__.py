"""Files of products, to import: CSV for spreadsheets, NDJSON for programs. Either is checked as a request would be."""
