"""Lines of logs and events of Sentinels, kept in one file that can be searched, and handed on in open formats."""
