"""What several tests share: a copy of the project, files and data that tests make up, services, a cluster."""
