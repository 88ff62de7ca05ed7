"""Studies, run by name. Each measures one claim and takes from seconds to an hour."""
