"""A back end to try actions with: customers, lines, orders, bookings, all invented, that change as
trees call for it.

``world`` is what it knows; ``crm``, ``shop`` and ``hotel`` are what it does, a function for each
action of the shipped trees; ``answering`` is what stands around each of them (repeated requests,
failures, results that were asked for beforehand); ``app`` is HTTP and the page.
"""
