"""The forms of a security audit: SARIF, JUnit, Markdown, a page, a table, and a document of requirements."""
