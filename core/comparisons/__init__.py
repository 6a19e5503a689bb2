"""What we make of people and names set side by side: pure functions over what the engine gives."""
