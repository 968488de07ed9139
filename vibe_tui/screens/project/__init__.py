"""The project page: one screen, and a presenter for each of its panes."""
