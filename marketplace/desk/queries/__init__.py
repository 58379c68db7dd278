"""What waits for whom. Every answer is a page of rows with their number in all; nothing asks once per row."""
