"""What a model can do in a project: one module a tool or a family of tools."""
