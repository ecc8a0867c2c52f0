"""The NemoVideo API and nothing else: it knows no rules and no jobs.

`client.py` is the way in; `errors.py` is all that can go wrong; the rest turns the service's data
into values.
"""
