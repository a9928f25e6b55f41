"""`make look`: the practice service, walked in Chromium as staff and patients would."""
