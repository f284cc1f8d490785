"""Fuzzers. Not part of the test run: they go on for as long as they are let."""
