"""Further measurements, each of one claim; they take from seconds to an hour and are run by name."""
