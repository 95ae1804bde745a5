"""Evidence for the evaluation: what counts as a piece, and the packs that are filed."""
