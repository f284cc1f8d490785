"""Load for the media benchmark."""
