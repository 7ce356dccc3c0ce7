"""The records of a team over run folders: lists, trends, pages of days and weeks, decisions, test records, the scorecard."""
