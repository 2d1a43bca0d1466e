"""The price book as data: importers from two price libraries, checks, and the seed they make.

The libraries are tools that publish records, never part of a service: where they disagree the
record says which was believed. What a person verified stands above both (`verified.ndjson`).
"""
