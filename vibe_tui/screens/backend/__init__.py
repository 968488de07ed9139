"""The Convex Backend dialog."""
