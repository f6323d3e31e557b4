"""The application, what stands before every request, and the processes that serve it."""
