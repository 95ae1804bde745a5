"""Imported before all else: modules are no garbage, and looking for it took a third of the importing.

What Python makes of a source is kept beside it, also where the environment says otherwise, as containers do:
each worker, and each command that a test starts, would compile all of it again.
"""

import gc
import os
import sys

gc.disable()
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
