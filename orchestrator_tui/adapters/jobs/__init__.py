"""Jobs: processes that outlive the cockpit and the host, each under a small shim of its own."""
