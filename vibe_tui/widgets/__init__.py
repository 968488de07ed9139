"""The parts of the page. They are given plain data and speak through messages; they call no service."""
