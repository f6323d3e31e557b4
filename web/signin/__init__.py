"""Who asks, and what he may: people, programs and customers; what they sign in with; what was done.

Nothing here knows a page: `web/pages/entrance.py` shows the pages of signing in.
"""
