"""The receiver's HTTP server: webhooks, the API of bots that are already running, tracked links."""
