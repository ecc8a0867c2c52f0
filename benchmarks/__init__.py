"""What NemoWatch costs, against a peer in the same run. Started by `make bench`; docs/benchmarks.md explains.

Nothing of the product imports this package. Everything it writes lies in one temporary folder.
"""
