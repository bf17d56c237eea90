"""Routes of the web door, one file a resource."""
