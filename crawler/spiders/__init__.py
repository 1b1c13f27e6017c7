"""Spiders: one that reads any source, one that fetches single addresses."""
