"""``make bench``: how fast the shop is, as ratios to a bare Flask hello and to a bare-SQL twin in the same run."""
