"""Studies: measurements of one claim each, run by name. They take from seconds to an hour."""
