"""A watch over the quality of recognition: what content logs say before and since a change of the model."""
