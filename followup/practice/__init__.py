"""Practice, while nothing is live: business time that can be skipped, the emulators, and a week to try it all with."""
