"""Training an emitted module on real data: the last check, whether it learns. Nothing here knows how the module came about."""
