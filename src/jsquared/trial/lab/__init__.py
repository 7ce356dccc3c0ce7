"""The lab as long as somebody plays in it: one deployment that stays up and does what it is asked over a private socket."""
