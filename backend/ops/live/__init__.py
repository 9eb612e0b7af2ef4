"""What staff sees live, and what is kept of it: readings of engines, requests and machine; their history; the sampler."""
