"""The package that the wheel installs: the command `steelyard`, and the four layers in `_app`."""
