"""The lab to play in: one deployment that stays up, for programs (:class:`jsquared.Lab`) and for the command line."""
