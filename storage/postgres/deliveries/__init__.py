"""Episodes and deliveries: the five statements that carry the engine."""
