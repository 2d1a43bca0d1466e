"""How Tracetally is deployed and run on one machine."""
