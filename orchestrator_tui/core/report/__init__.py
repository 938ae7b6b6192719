"""Reports of batches and tracks: what became of the work, how it is known, what is left to do (seed 000, §3.4–3.10)."""
