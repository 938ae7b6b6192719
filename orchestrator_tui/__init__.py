"""Every question your agents ask, in one queue; every answer proven to arrive; every batch replayable."""

__version__ = "0.1.0"
