"""The rules file: models, loading with line numbers, matching, templates.

No I/O beyond that file and a look at the folders that it names.
"""
