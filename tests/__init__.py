# Seconds that nothing takes on the busiest machine: what takes longer hangs.
WATCHDOG = 600
