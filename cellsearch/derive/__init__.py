"""What follows from the equations alone, a file each."""
