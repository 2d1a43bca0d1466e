"""Contracts: what our code may rely on in the real components and their stand-ins."""
