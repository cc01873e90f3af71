"""What a backend of each protocol has to do, asynchronous: classes of tests that a backend's author derives from."""
