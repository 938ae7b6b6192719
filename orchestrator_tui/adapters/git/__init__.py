"""git as the runner uses it: one hardened way to run it, one lock a repository, nothing lost."""
