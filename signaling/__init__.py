"""Calls: who may start and join one, which worker has it, who stands in which slot. Knows no packet."""
