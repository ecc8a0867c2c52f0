"""Looking into media files: what they are, whether they are whole, how long they play."""
