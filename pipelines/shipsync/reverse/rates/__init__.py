"""What carriers would charge for shipments: asked for, kept, compared."""
