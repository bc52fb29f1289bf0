"""What may be put on top of a network's output: a readout, a loss. A page each; its first input takes the network's first output."""
