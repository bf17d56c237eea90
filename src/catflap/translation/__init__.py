"""Translation: every text once, in every language its readers read.

Texts are kept under a key made of their words; beside each stands its language, found, not
claimed, and its renditions. The path of a text: spans aside → language of each line → memory →
engine → spans back, verified → checked → kept. The lexicon stands behind as a reading aid.
"""
