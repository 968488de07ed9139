"""The emulated Convex platform: OAuth, the Management API and a read-only dashboard."""
