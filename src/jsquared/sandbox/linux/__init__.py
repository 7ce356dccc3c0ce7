"""Linux: the parts that both sandboxes of this machine are made of."""
