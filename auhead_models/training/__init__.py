"""What the trainings of both stages share: reading videos of talking heads, and runs that go on where they stopped."""
