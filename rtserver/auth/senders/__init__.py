"""Ways a code reaches a person (D12): one port, and implementations named after what they send by."""
