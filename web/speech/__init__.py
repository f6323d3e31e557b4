"""A walk without a page: as plain text for chats and messages, as VoiceXML for the telephone.

Each says all that the page says, from the same prompt, and hears exactly what ``expects`` takes.
"""
