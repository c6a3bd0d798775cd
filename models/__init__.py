"""What learns: the only place with Keras, started as its own process."""
