"""Products as the shop shows them: packs and prices, photos, trace links, staged edits, approval."""
