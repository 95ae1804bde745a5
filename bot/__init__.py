"""The running service: everything that touches WeChat, HTTP, the clock or staff."""
