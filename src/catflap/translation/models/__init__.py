"""Neural translation models on this machine: which there are, bringing them, keeping them.

A model is a folder of files for CTranslate2 under the data folder. This room knows nothing of
running them; an engine does that.
"""
