"""What programs call: the JSON API, its shapes, and its description."""
