"""What a deployment is: its nodes, their lines, and what names and addresses in these lead to."""
