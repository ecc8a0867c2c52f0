"""What may be wrong with an installation: one file per family of checks, which tells what it found and what helps."""
