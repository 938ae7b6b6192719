"""Files that the users of the source systems know, each a pure function of the journal (reference, vocabulary §H)."""
