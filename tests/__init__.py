"""Tests of Tracetally."""
