"""Fine-tuning stage 1: recordings made ready, training, evaluation."""
