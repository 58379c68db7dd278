"""The cases of payments at a market, each through the sandbox bank over HTTP. 18 and 26 to 29 belong to the stall."""
