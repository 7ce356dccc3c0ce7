"""The model of a deployment: its nodes, their lines, and what names and addresses in these lead to."""
