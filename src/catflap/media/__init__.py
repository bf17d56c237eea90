"""Media: photos and videos, judged by content, made small and clean, with alt texts.

Hostile bytes are opened only in a limited child process (`workshop`); what it makes is kept in a
store (`store`) under a folder of the media's own.
"""
