"""The objects of a fake engine: containers, images, networks, and their behaviour."""
