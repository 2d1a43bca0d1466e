"""`make demo`: the whole product on one machine, fed with real traffic and checked to the digit."""
