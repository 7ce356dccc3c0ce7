"""The records of a trial: plan, history, events, verdict, and the folder that holds them.

``check`` and ``report`` import only this package, so a run folder can be judged and read without Redis.
"""
