"""Widgets that draw what the presenters say."""
