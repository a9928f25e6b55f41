"""Staff pages: each module is one page, or a few that belong together, with a router of its own; `parts` lists them."""
