"""What the emulated shop deals in: goods, people, places, carriers and journeys."""
