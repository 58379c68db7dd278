"""Tests of the room producers."""
