"""NemoWatch as a service: systemd units, the launchd agent, and the checks before they are installed."""
