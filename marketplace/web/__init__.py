"""Ground floor that knows Flask: who asks, what they may, how errors and pages look. Knows no feature."""
