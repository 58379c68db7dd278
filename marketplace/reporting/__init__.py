"""Indicators, the report of an area, exports; reads only."""
