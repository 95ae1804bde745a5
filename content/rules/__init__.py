"""Regulations: read from files, kept by article, searched, and quoted to residents word for word."""
