"""Picture files and their colours."""
