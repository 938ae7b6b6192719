"""The demo: a real repository, real processes through the public protocol, scripted agents and scripted keys."""
