"""The test kit: a shop with a controlled clock, predictable ids and cheap passwords."""
