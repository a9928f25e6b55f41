"""A patient's page: their story, their pain, whether we may write, and what staff do about them."""
