"""What people see: the console and the pages around it, from templates, without script."""
