"""Servers that tests start on this machine's loopback and stop: S3, PostgreSQL, MLflow."""
