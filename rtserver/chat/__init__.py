"""Chats: pure rules, and the services that load, decide, commit and publish."""
