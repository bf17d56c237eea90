"""What this door gives, after Mastodon's entities; pure, no I/O."""
