"""Provinces and communes with vintages, and how old units became new ones."""
