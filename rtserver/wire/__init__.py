"""Every command, event and error of rtserver, once. A leaf: it imports msgspec and nothing else."""
