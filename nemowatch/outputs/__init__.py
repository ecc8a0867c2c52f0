"""What lands in the output folder: names, manifest, job log, and publishing it all at once."""
