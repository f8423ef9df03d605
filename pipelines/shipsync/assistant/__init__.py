"""What an assistant may ask: read-only tools over the database, served by the Model Context Protocol."""
