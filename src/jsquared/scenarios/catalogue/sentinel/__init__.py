"""Sentinels crash, hang, lead a failover to nowhere or are made anew."""
