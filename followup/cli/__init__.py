"""The `followup` command. Each module of this package holds one command, or a few that belong together."""
