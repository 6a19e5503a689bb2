"""The daily reading: which passages it is made of, and when it is due. Pure: no clock, no database."""
