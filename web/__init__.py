"""The roof: command line, pages, API. Clocks, ids, sockets and HTML are here and nowhere below."""
