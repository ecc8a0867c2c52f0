"""The steps of a job, a file each, in the order in which they run. Each may run again after a restart."""
