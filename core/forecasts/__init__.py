"""What a chart says of a stretch of time: pure functions over the engine, without a clock or a database."""
