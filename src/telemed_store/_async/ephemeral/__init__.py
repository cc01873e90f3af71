"""What is short-lived, asynchronous: per mechanism a protocol and its two backends, Redis and the memory of this process."""
