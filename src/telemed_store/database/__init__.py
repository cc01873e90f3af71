"""What every floor above stands on: engines, types, statements' plumbing. Knows nothing of medicine."""
