"""The sandbox gateway and bank: a simulation that meets the shop over HTTP only."""
