"""What can be trained: data, losses and judgement of every model. The loop is ``training.engine.training_loop``'s."""
