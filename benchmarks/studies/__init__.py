"""Studies, which are run by name.

Each study measures one claim, and takes from seconds to an hour.
"""
