"""Plans: what patients get after a treatment session, when, in which words, and from whom these words are."""
