"""An embedded NemoVideo service for the demo and the tests; it shares no code with the client."""
