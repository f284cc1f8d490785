"""The data plane: batches of datagrams in, batches of datagrams out. It knows no packet's meaning."""
