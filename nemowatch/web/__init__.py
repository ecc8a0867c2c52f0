"""The control API: what the running daemon can be asked and told over a socket in its state folder."""
