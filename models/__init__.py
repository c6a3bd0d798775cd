"""Training: the only room with Keras. It runs in its own process."""
