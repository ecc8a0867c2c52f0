"""What a person types: one file per family of commands, no logic of its own."""
