"""What is legal but likely a slip, and which standard cell a system is."""
