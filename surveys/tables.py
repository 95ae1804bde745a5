"""The MetaData that holds this package's tables."""

from sqlalchemy import MetaData

metadata = MetaData()
