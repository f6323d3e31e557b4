"""A back end to try actions with: customers, lines, orders, bookings, all invented, that change as
trees call for it.

``world`` is what it knows, ``first_day`` how that begins; ``crm``, ``care``, ``shop``, ``hotel``,
``bank``, ``clinic`` and ``it_desk`` are what it does, a function for each action that trees call (``calls``
says what such a function is); ``guide`` is what to type for each exit; ``answering`` is what stands around each of them (repeated requests,
failures, results that were asked for beforehand); ``app`` is HTTP, ``page`` the page, ``settings`` how to connect.
"""
