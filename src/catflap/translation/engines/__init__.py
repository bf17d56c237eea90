"""Translation engines: one file each, behind `engines.port`, without inheritance."""
