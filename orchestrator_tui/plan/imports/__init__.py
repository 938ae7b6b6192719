"""Files of the source systems that are plans, or say where a batch was left (reference, vocabulary §H)."""
