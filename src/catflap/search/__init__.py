"""Search: notes, people and tags, in either language and any script.

A note is one document for each language it can be read in: its own words, and those of each
rendition that is kept. So a query finds what was written in another language, and the words of a
tag's family and of the glossary are asked for beside those of the query. Texts are cut by us
(`words`), so that both databases index the same tokens; what a query means is ours too (`asking`),
so that nothing of either database's query language can be written by a person.
"""
