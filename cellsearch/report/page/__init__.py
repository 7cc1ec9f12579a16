"""What a report is made of, and how that becomes a page, Markdown, tables."""
