"""Message catalogues, one per room, and the two things done with them: compile and collect."""
