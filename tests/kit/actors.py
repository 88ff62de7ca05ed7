from domain.shared.actor import Actor

SOMEBODY = Actor(None, "test")
"""An actor without a log-in, for tests in which the actor does not matter."""
