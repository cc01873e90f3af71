"""What a project needs to test itself against the store: the pytest plugin, factories, fault injection, real servers."""
