"""Imported before all else: modules are no garbage, and looking for it took a third of the importing."""

import gc

gc.disable()
