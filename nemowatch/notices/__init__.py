"""Telling people (through Apprise) and programs (hooks) of what happened."""
