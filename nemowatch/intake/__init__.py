"""From folders to complete files: events are hints, the folder is the truth."""
