"""Fuzzers: random and hostile input, and what must hold of whatever is accepted.

    ./nox -s fuzz -- --minutes 10 [--seed N] [--only api|documents|order]

A case is a function of a seed: the line that a finding ends with makes it again.
"""
