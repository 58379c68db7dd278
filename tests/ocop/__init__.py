"""Tests of the room ocop."""
