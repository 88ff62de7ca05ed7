from domain.shared.actor import Actor

SOMEBODY = Actor(None, "test")
"""An actor without a log-in, for tests in which the actor does not matter."""

STAFF = Actor(None, "test")
"""The actor of commands that staff send."""
