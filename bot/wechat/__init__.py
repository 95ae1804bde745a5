"""The only place that knows WeChat's formats: callbacks in, replies out, API calls, tokens, error codes."""
