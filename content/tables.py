"""The metadata that every table of this package is declared on."""

from sqlalchemy import MetaData

metadata = MetaData()
