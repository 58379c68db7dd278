"""Markets and cashless streets, stalls, the vendor's till and its sales."""
