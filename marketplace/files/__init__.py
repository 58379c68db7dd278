"""Stored files by content hash: pictures written anew, evidence kept as it came."""
