"""What pages elsewhere say of themselves, for the notes that link to them."""
