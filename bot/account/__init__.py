"""The account as it is connected: what WeChat's console asks, what has been seen, what it can keep."""
