"""The demo: a real repository and real processes through the public protocol; agents and, headless, keys are scripted."""
