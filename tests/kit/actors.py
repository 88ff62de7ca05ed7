from domain.shared.actor import Actor

SOMEBODY = Actor(None, "test")
"""For what it does not matter who does it: nobody who is logged in, as a visitor or a command."""
