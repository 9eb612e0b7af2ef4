"""Paths kept for users of the older systems (PROTOCOL §5): thin views on the same actions and the same engines."""
