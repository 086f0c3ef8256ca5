"""Lets cron or systemd start ``gatekeeper poll`` regularly."""
