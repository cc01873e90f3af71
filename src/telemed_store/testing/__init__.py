"""What a project needs to test itself on the store: the pytest plugin, factories, fault injection, real servers."""
