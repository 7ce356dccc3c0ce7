"""The search over trials: schedules of faults are drawn, what breaks a deployment is confirmed and made smaller."""
