"""From a wire object to a canonical record, one module a kind. Each raises Impossible with the dead letter's reason."""
