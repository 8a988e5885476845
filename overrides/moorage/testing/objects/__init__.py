"""What a fake engine holds: containers, images, networks, and how they behave."""
