"""The rules file: models, loading with line numbers, matching, templates.

No I/O beyond that file, a look at the folders that it names, and the text files that lie among recordings: prompt
files and lists of addresses. It never opens a recording.
"""
