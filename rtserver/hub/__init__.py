"""Socket.IO: connections, dispatch of commands, fan-out, resume. Decides no right itself."""
