"""What the service accepts and starts: deployments, trainings, copies of models."""
