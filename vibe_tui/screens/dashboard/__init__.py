"""The Backend screen: the deployment's data, functions, logs, variables and health, without a browser."""
